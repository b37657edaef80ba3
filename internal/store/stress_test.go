package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// Everything that is written about a person, at once and in any order, waits for each other and never in a circle.
func TestNoDeadlocks(t *testing.T) {
	s := storetest.Postgres(t)
	people := []string{"ada", "bob", "cat", "dan"}
	for _, id := range people {
		newUser(t, s, id)
	}
	var all sync.WaitGroup
	for range 3 {
		for _, do := range everything {
			all.Go(func() {
				for range 20 {
					id := people[mathrand.IntN(len(people))]
					if err := do(t.Context(), person{s, id}); broken(err) {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
}

// broken reports whether the database, and not the state of things, refused.
func broken(err error) bool {
	const foreignKey = "23503" // of an account that was deleted at this moment
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code != foreignKey
}

// A person is an account that may exist at this moment, and may not.
type person struct {
	*store.Store
	id string
}

func (p person) event(kind audit.Kind) audit.Event { return event(rand.Text(), p.id, kind) }

func (p person) epoch(ctx context.Context) int64 {
	u, _ := p.UserByID(ctx, p.id)
	return u.Epoch
}

// session is one that was live a moment ago: a fresh one, if it can be had, or any other.
func (p person) session(ctx context.Context) session.Session {
	x := newSession(rand.Text(), p.id)
	if mathrand.IntN(2) == 0 {
		_, _ = p.OpenSession(ctx, session.OpenParams{Session: x, Epoch: p.epoch(ctx), Limit: 10})
		return x
	}
	if all, _ := p.Sessions(ctx, p.id); len(all) > 0 {
		return all[mathrand.IntN(len(all))]
	}
	return x
}

func (p person) change(ctx context.Context, codes ...string) account.CredentialsChange {
	return account.CredentialsChange{
		Rotation: session.Rotation{Session: p.session(ctx), NewToken: session.NewToken{NewTokenHash: rand.Text()}, At: at}, Epoch: p.epoch(ctx), Codes: codes, Reason: session.ReasonRevoked,
		Events: []audit.Event{p.event(audit.MFAEnrolled)},
	}
}

func (p person) pending() auth.PendingSignIn {
	x := pending(rand.Text(), p.id)
	x.ExpiresAt = at.Add(time.Duration(mathrand.IntN(3)-1) * time.Second)
	return x
}

// code spends one of the recovery codes that there may be.
func (p person) code() auth.Spend {
	return auth.Spend{
		UserID: p.id, CodeHash: string(rune('a' + mathrand.IntN(3))), At: at, Events: []audit.Event{p.event(audit.RecoveryCodeUsed)},
	}
}

func (p person) asking(ctx context.Context) account.RequestEmailChangeParams {
	u, _ := p.UserByID(ctx, p.id)
	to := rand.Text()
	return account.RequestEmailChangeParams{
		EmailChange: account.EmailChange{ID: to, UserID: p.id, Email: to, NormalizedEmail: to, OldEmail: u.Email, OldNormalizedEmail: u.NormalizedEmail,
			AskedAt: at, ConfirmUntil: at.Add(time.Minute), UndoUntil: at.Add(time.Hour)},
		ConfirmHash: "confirm" + to, StopHash: "stop" + to, By: p.session(ctx).By(device.Client{}), Event: p.event(audit.EmailChangeRequested),
	}
}

// everything is what people, their thieves and the sweeper do.
var everything = []func(context.Context, person) error{
	func(ctx context.Context, p person) error {
		return p.CreateUser(ctx, auth.User{ID: p.id, Email: p.id, NormalizedEmail: p.id, Role: auth.RoleMember, PasswordHash: "hash", PasswordChangedAt: at, CreatedAt: at},
			p.event(audit.UserCreated))
	},
	func(ctx context.Context, p person) error {
		o := session.OpenParams{Session: newSession(rand.Text(), p.id), Epoch: p.epoch(ctx), Limit: 4, Events: []audit.Event{p.event(audit.LoginSuccess)}}
		return second(p.OpenSession(ctx, o))
	},
	func(ctx context.Context, p person) error {
		waiting := p.pending()
		waiting.Epoch = p.epoch(ctx)
		if err := p.AddPendingSignIn(ctx, waiting, nil, p.event(audit.MFARequired)); err != nil {
			return err
		}
		if _, _, err := p.TakePendingAttempt(ctx, waiting.TokenHash, at); err != nil {
			return err
		}
		o := session.OpenParams{Session: newSession(rand.Text(), p.id), Epoch: waiting.Epoch, Limit: 4, Spend: p.code()}
		o.Spend.PendingHash = waiting.TokenHash
		return second(p.OpenSession(ctx, o))
	},
	func(ctx context.Context, p person) error {
		change := p.change(ctx)
		change.Spend = p.code()
		return second(p.ChangePassword(ctx, account.ChangePasswordParams{CredentialsChange: change, PasswordHash: "other"}))
	},
	func(ctx context.Context, p person) error {
		secret := auth.TOTPSecret{UserID: p.id, Sealed: []byte{1}, LastStep: 1, EnrolledAt: at}
		return second(p.EnrolTOTP(ctx, p.change(ctx, "a", "b", "c"), secret))
	},
	func(ctx context.Context, p person) error {
		return p.SetTOTPEnrolment(ctx, account.TOTPEnrolment{SessionID: p.session(ctx).ID, UserID: p.id, Sealed: []byte{1}, ExpiresAt: at})
	},
	func(ctx context.Context, p person) error {
		return p.AddPress(ctx, account.Press{Spend: auth.Spend{UserID: p.id, App: auth.TOTPSecret{UserID: p.id, Sealed: []byte{1}, LastStep: 2, EnrolledAt: at}}})
	},
	func(ctx context.Context, p person) error { return p.AddPress(ctx, account.Press{Spend: p.code()}) },
	func(ctx context.Context, p person) error {
		return p.Rotate(ctx, session.Rotation{Session: p.session(ctx), NewToken: session.NewToken{NewTokenHash: rand.Text()}, At: at, Spend: p.code()})
	},
	func(ctx context.Context, p person) error {
		one := newPasskey(rand.Text(), p.id)
		c := auth.SpentChallenge{Hash: rand.Text(), ExpiresAt: at}
		if err := second(p.AddPasskey(ctx, p.change(ctx), one, c)); err != nil {
			return err
		}
		one.SignCount++
		if err := p.AddPress(ctx, account.Press{Spend: auth.Spend{UserID: p.id, Passkey: one, Challenge: auth.SpentChallenge{Hash: rand.Text(), ExpiresAt: at}}}); err != nil {
			return err
		}
		return second(p.RemovePasskey(ctx, p.change(ctx), one.ID))
	},
	func(ctx context.Context, p person) error {
		return second(p.EndSessions(ctx, session.EndManyParams{By: p.session(ctx).By(device.Client{}), At: at}))
	},
	func(ctx context.Context, p person) error {
		x := p.session(ctx)
		x.EndedAt, x.EndReason = at, session.ReasonRevoked
		return errors.Join(second(p.EndSession(ctx, x, p.session(ctx).By(device.Client{}), nil)), second(p.EndSession(ctx, p.session(ctx), audit.Actor{}, nil)))
	},
	func(ctx context.Context, p person) error {
		x := p.session(ctx)
		return errors.Join(p.Rotate(ctx, session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: rand.Text()}, At: at}, p.event(audit.SessionRenewed)), p.Touch(ctx, p.session(ctx), at))
	},
	func(ctx context.Context, p person) error {
		_, err := p.FlagReused(ctx, p.session(ctx), p.event(audit.SessionTokenReused))
		return err
	},
	func(ctx context.Context, p person) error {
		key := account.OneTimeToken{TokenHash: rand.Text(), UserID: p.id, Purpose: "reset", CreatedAt: at, ExpiresAt: at.Add(time.Second)}
		if err := p.ReplaceOneTimeToken(ctx, key, p.epoch(ctx), account.Press{}, p.event(audit.PasswordResetRequested)); err != nil {
			return err
		}
		r := account.ResetPasswordParams{UserID: p.id, TokenHash: key.TokenHash, PasswordHash: "new", At: at, Event: p.event(audit.PasswordChange)}
		return second(p.ResetPassword(ctx, r))
	},
	func(ctx context.Context, p person) error {
		return p.AddOneTimeToken(ctx, account.OneTimeToken{TokenHash: rand.Text(), UserID: p.id, Purpose: "unlock", CreatedAt: at, ExpiresAt: at})
	},
	func(ctx context.Context, p person) error {
		asking := p.asking(ctx)
		if err := p.RequestEmailChange(ctx, asking); err != nil {
			return err
		}
		c := account.ConfirmEmailChangeParams{TokenHash: asking.ConfirmHash, Rotation: session.Rotation{Session: p.session(ctx), NewToken: session.NewToken{NewTokenHash: rand.Text()}, At: at}, UndoHash: rand.Text(), UndoUntil: at.Add(time.Hour)}
		_, err := p.ConfirmEmailChange(ctx, c)
		return err
	},
	func(ctx context.Context, p person) error {
		asking := p.asking(ctx)
		if err := p.RequestEmailChange(ctx, asking); err != nil {
			return err
		}
		return third(p.UndoEmailChange(ctx, account.UndoEmailChangeParams{EmailChange: asking.EmailChange, PasswordHash: "none", At: at, Event: p.event(audit.EmailChangeUndone)}))
	},
	func(ctx context.Context, p person) error {
		d := account.Deletion{By: p.session(ctx).By(device.Client{}), Epoch: p.epoch(ctx), At: at, After: at, Events: []audit.Event{p.event(audit.DeletionRequested)}}
		if err := second(p.MarkForDeletion(ctx, d)); err != nil {
			return err
		}
		if mathrand.IntN(4) > 0 {
			return p.KeepAccount(ctx, p.session(ctx).By(device.Client{}), at, nil, p.event(audit.DeletionStopped))
		}
		return second(p.DeleteAccounts(ctx, at, 10))
	},
	func(ctx context.Context, p person) error {
		by, l := p.session(ctx).By(device.Client{}), ledger(p.Store)
		pay := payment(rand.Text(), p.id)
		if err := errors.Join(l.SetMethod(ctx, billing.Method{UserID: p.id, ChangedAt: at}, by, nil), l.Begin(ctx, pay, by, nil, auth.Spend{})); err != nil {
			return err
		}
		pay.State, pay.SettledAt = billing.Paid, at
		_, err := l.Settle(ctx, pay, by)
		return err
	},
	func(ctx context.Context, p person) error {
		row := draft.Row{ID: rand.Text(), UserID: p.id, SessionID: p.session(ctx).ID, Route: "profile", Sealed: []byte{1}, CreatedAt: at, ExpiresAt: at}
		return errors.Join(p.AddDraft(ctx, row, 2, 4), p.PruneDrafts(ctx, at))
	},
	func(ctx context.Context, p person) error {
		return errors.Join(p.AddEvent(ctx, p.event(audit.LoginFail)), p.PruneSessions(ctx, at), p.PruneAccounts(ctx, at), p.PruneEvents(ctx, at, at))
	},
	func(ctx context.Context, p person) error {
		demo := newDemo(rand.Text(), at)
		if err := p.CreateDemo(ctx, demo); err != nil {
			return err
		}
		return errors.Join(second(p.EndSession(ctx, demo.Sessions[0], audit.Actor{}, nil)), second(p.DeleteDemos(ctx, at, 10)))
	},
}
