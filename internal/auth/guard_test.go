package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

func newGuard(db *store.Store) *guard.Guard {
	trail := audit.NewTrail(db, slog.New(slog.DiscardHandler))
	return guard.New(guard.Options{Attempts: ratelimit.NewMemory(), Sprays: ratelimit.NewMemory(), Store: db, Audit: trail})
}

// A secondDoor is what a fork has that adds a form of its own: the services, and nothing of the pages.
type secondDoor struct {
	t        *testing.T
	db       *store.Store
	sealer   *seal.Sealer
	auth     *auth.Service
	passkeys *auth.Passkeys
	user     auth.User
	by       audit.Actor // of a session of the user
}

const (
	rightPassword = "four quiet lanterns hang"
	wrongPassword = "seven loud lanterns fall"
)

var somewhere = device.Client{IP: "192.0.2.7", UserAgent: "a browser"}

func newSecondDoor(t *testing.T) *secondDoor {
	t.Helper()
	d := &secondDoor{t: t, db: storetest.SQLite(t)}
	log := slog.New(slog.DiscardHandler)
	trail := audit.NewTrail(d.db, log)
	var err error
	if d.sealer, err = seal.New([][]byte{make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	d.auth = auth.New(d.db, d.sealer, newGuard(d.db), probe.CheapHash, trail, log)
	if d.passkeys, err = auth.NewPasskeys(d.auth, &url.URL{Scheme: "https", Host: "portal.test"}); err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Options{Store: d.db, Auth: d.auth, Sealer: d.sealer, Audit: trail})
	if d.user, err = accounts.CreateUser(t.Context(), "Ada", "ada@example.org", rightPassword, auth.RoleMember); err != nil {
		t.Fatal(err)
	}
	proof, err := d.signIn(rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	sessions := session.New(d.db, session.Policy{Limits: session.Limits{Idle: time.Hour, Lifetime: time.Hour}, SessionsPerUser: 5}, trail, log)
	opened, err := sessions.SignIn(t.Context(), proof, session.SignInRequest{NewToken: session.NewToken{NewTokenHash: "token"}, Client: somewhere})
	if err != nil {
		t.Fatal(err)
	}
	d.by = opened.By(somewhere)
	return d
}

func (d *secondDoor) signIn(password string) (auth.Proof, error) {
	return d.auth.CheckSignIn(d.t.Context(), auth.PasswordSignIn{Email: d.user.Email, Password: password}, somewhere)
}

// wait saves a sign-in until its second step.
func (d *secondDoor) wait(proof auth.Proof) (auth.PendingSignIn, error) {
	token := auth.NewToken()
	if err := d.auth.SavePendingSignIn(d.t.Context(), proof, auth.PendingSignIn{TokenHash: auth.HashToken(token), Next: "/"}, nil, somewhere); err != nil {
		return auth.PendingSignIn{}, err
	}
	waiting, _, err := d.auth.PendingSignIn(d.t.Context(), token)
	return waiting, err
}

// enrol gives the account an authenticator app that has no right code before the year 3000.
func (d *secondDoor) enrol() {
	d.t.Helper()
	app := auth.TOTPSecret{UserID: d.user.ID, LastStep: 2_000_000_000, EnrolledAt: audit.Now()}
	var err error
	if app.Sealed, err = d.sealer.Seal(auth.NewTOTPSecret(), app.SealPlace()); err == nil {
		_, err = d.db.DB().ExecContext(d.t.Context(), `INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) VALUES ($1, $2, $3, $4)`,
			app.UserID, app.Sealed, app.LastStep, app.EnrolledAt)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// refusedAfter fails unless exactly n tries are let through, each with the given answer, before the first is refused.
func refusedAfter(t *testing.T, n int, answer error, try func() error) {
	t.Helper()
	for i := range n {
		if err := try(); !errors.Is(err, answer) {
			t.Fatalf("try %d of %d: got %v, want %v", i+1, n, err, answer)
		}
	}
	err := try()
	limited, ok := errors.AsType[*auth.LimitedError](err)
	if !ok || limited.Wait <= 0 {
		t.Fatalf("try %d: got %v, want a LimitedError with a wait", n+1, err)
	}
}

// Whoever adds another form that checks who somebody is gets the limits with it (ASVS v5.0.0-6.3.1).
func TestSecondDoorIsLimited(t *testing.T) {
	t.Parallel()
	t.Run("password", func(t *testing.T) {
		t.Parallel()
		d := newSecondDoor(t)
		refusedAfter(t, guard.AccountHere.Burst, auth.ErrBadCredentials, func() error { _, err := d.signIn(wrongPassword); return err })
		if _, err := d.signIn(rightPassword); err == nil {
			t.Error("the right password got through during the wait")
		}
	})
	t.Run("password in a session", func(t *testing.T) {
		t.Parallel()
		d := newSecondDoor(t)
		refusedAfter(t, guard.Confirmations.Burst, auth.ErrBadCredentials, func() error {
			_, err := d.auth.CheckPassword(t.Context(), d.by, wrongPassword, audit.ReauthFail)
			return err
		})
	})
	t.Run("code after a password", func(t *testing.T) {
		t.Parallel()
		d := newSecondDoor(t)
		d.enrol()
		proof, err := d.auth.CheckPassword(t.Context(), d.by, rightPassword, audit.ReauthFail)
		if err != nil || proof.Complete() {
			t.Fatalf("got %v, complete: %t", err, proof.Complete())
		}
		refusedAfter(t, guard.Codes.Burst, auth.ErrBadCode, func() error {
			_, err := d.auth.CheckCode(t.Context(), proof, "000000", d.by, audit.ReauthFail, stands)
			return err
		})
	})
	t.Run("code of a sign-in", func(t *testing.T) {
		t.Parallel()
		d := newSecondDoor(t)
		d.enrol()
		proof, err := d.signIn(rightPassword)
		if err != nil {
			t.Fatal(err)
		}
		var waiting auth.PendingSignIn
		refusedAfter(t, guard.Codes.Burst, auth.ErrBadCode, func() error {
			if waiting.AttemptsLeft == 0 {
				var err error
				if waiting, err = d.wait(proof); err != nil {
					return err
				}
			}
			var err error
			waiting, _, err = d.auth.CheckPendingCode(t.Context(), waiting, "000000", somewhere)
			return err
		})
	})
	for name, check := range map[string]func(d *secondDoor, answer json.RawMessage) (auth.Proof, error){
		"passkey": func(d *secondDoor, answer json.RawMessage) (auth.Proof, error) {
			return d.passkeys.CheckSignIn(d.t.Context(), answer, somewhere, stands)
		},
		"passkey in a session": func(d *secondDoor, answer json.RawMessage) (auth.Proof, error) {
			return d.passkeys.CheckConfirmation(d.t.Context(), d.by, answer, audit.ReauthFail, stands)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newSecondDoor(t)
			refusedAfter(t, guard.PasskeyAnswers.Burst, auth.ErrBadCredentials, func() error { _, err := check(d, json.RawMessage(`{}`)); return err })
		})
	}
}

// A try that was not checked is no failure: the session was over, or the database out of reach. So it leaves all tries to
// whoever asks again.
func TestUncheckedTriesDoNotCount(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("password in a session", func(t *testing.T) {
		t.Parallel()
		d := newSecondDoor(t)
		rotated := d.by
		rotated.TokenHash = "replaced"
		for range guard.Confirmations.Burst {
			if _, err := d.auth.CheckPassword(t.Context(), rotated, wrongPassword, audit.ReauthFail); !errors.Is(err, auth.ErrEnded) {
				t.Fatalf("got %v, want ErrEnded", err)
			}
			if _, err := d.auth.CheckPassword(over, d.by, wrongPassword, audit.ReauthFail); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want an error of the database", err)
			}
		}
		if _, err := d.auth.CheckPassword(t.Context(), d.by, rightPassword, audit.ReauthFail); err != nil {
			t.Errorf("the right password: %v", err)
		}
	})
	t.Run("code", func(t *testing.T) {
		t.Parallel()
		d := newSecondDoor(t)
		d.enrol()
		proof, err := d.signIn(rightPassword)
		if err != nil {
			t.Fatal(err)
		}
		for range guard.Codes.Burst {
			if _, err := d.auth.CheckCode(over, proof, "000000", d.by, audit.ReauthFail, stands); !errors.Is(err, context.Canceled) {
				t.Fatalf("in a session: got %v, want an error of the database", err)
			}
			if _, _, err := d.auth.CheckPendingCode(t.Context(), auth.PendingSignIn{UserID: d.user.ID}, "000000", somewhere); !errors.Is(err, audit.ErrNotFound) {
				t.Fatalf("at a sign-in: got %v, want ErrNotFound", err)
			}
		}
		refusedAfter(t, guard.Codes.Burst, auth.ErrBadCode, func() error {
			_, err := d.auth.CheckCode(t.Context(), proof, "000000", d.by, audit.ReauthFail, stands)
			return err
		})
	})
}

// stands says that no other press was first.
func stands(context.Context) error { return nil }

// A pending sign-in counts for the account that it is of, whatever its caller says.
func TestPendingCodeNamesItsAccount(t *testing.T) {
	t.Parallel()
	d := newSecondDoor(t)
	d.enrol()
	proof, err := d.signIn(rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := d.wait(proof)
	if err != nil {
		t.Fatal(err)
	}
	waiting.UserID = "somebody else"
	if _, _, err := d.auth.CheckPendingCode(t.Context(), waiting, "000000", somewhere); !errors.Is(err, audit.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// Without limits there is no auth.
func TestNoAuthWithoutAGuard(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a service was built that limits no attempts")
		}
	}()
	auth.New(nil, nil, nil, auth.HashCost{}, nil, nil)
}
