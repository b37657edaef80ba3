package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// change is a change of credentials from x, whose account has the epoch.
func change(x session.Session, epoch int64, codes []string) account.CredentialsChange {
	return account.CredentialsChange{
		Rotation: session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: fmt.Sprintf("%s-%d", x.TokenHash, epoch)}, At: at}, Epoch: epoch, Codes: codes, Reason: session.ReasonRevoked,
		Events: []audit.Event{event(fmt.Sprintf("change-%s-%d", x.ID, epoch), x.UserID, audit.MFAEnrolled)},
	}
}

func secretOf(u auth.User) auth.TOTPSecret {
	return auth.TOTPSecret{UserID: u.ID, Sealed: []byte{1, 0, 255}, LastStep: 100, EnrolledAt: at}
}

// A change of the second factors ends the others, rotates the one it is asked from, raises the epoch and deletes what
// is pending, or does nothing of it.
func TestFactorsChange(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		newUser(t, s, "bob")
		by, other, bobs := newSession("by", "ada"), newSession("other", "ada"), newSession("bobs", "bob")
		open(t, s, by)
		open(t, s, other)
		open(t, s, bobs)
		for _, user := range []string{"ada", "bob"} {
			if err := errors.Join(
				s.AddPendingSignIn(t.Context(), pending("waits-"+user, user), nil, event("waits-"+user, user, audit.MFARequired)),
				s.AddOneTimeToken(t.Context(), account.OneTimeToken{TokenHash: user, UserID: user, Purpose: "p", ExpiresAt: at.Add(time.Hour)}),
				s.SetTOTPEnrolment(t.Context(), account.TOTPEnrolment{SessionID: "s-" + user, UserID: user, Sealed: []byte{1}, ExpiresAt: at.Add(time.Hour)}),
			); err != nil {
				t.Fatal(err)
			}
		}
		stale := change(by, 7, []string{"x"})
		if _, err := s.EnrolTOTP(t.Context(), stale, secretOf(u)); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("another epoch: got %v, want ErrConflict", err)
		}
		dead := by
		dead.TokenHash = "stolen"
		if _, err := s.EnrolTOTP(t.Context(), change(dead, 0, []string{"x"}), secretOf(u)); !errors.Is(err, auth.ErrEnded) {
			t.Errorf("another token: got %v, want ErrEnded", err)
		}
		if got, err := s.UserByEmail(t.Context(), u.NormalizedEmail); err != nil || got != u {
			t.Errorf("a refused change changed the account: %+v, %v", got, err)
		}
		ended, err := s.EnrolTOTP(t.Context(), change(by, 0, []string{"x", "y"}), secretOf(u))
		if err != nil || len(ended) != 1 || ended[0].ID != "other" || ended[0].EndReason != session.ReasonRevoked || ended[0].EndedBy != "by" {
			t.Fatalf("got %+v, %v", ended, err)
		}
		got, err := s.UserByEmail(t.Context(), u.NormalizedEmail)
		if err != nil || !got.TOTP || got.Epoch != 1 || row(t, s, "by").TokenHash == by.TokenHash || row(t, s, "bobs") != bobs {
			t.Errorf("got %+v, %v", got, err)
		}
		if secret, err := s.TOTPSecret(t.Context(), "ada"); err != nil || !reflect.DeepEqual(secret, secretOf(u)) {
			t.Errorf("got %+v, %v", secret, err)
		}
		for table, want := range map[string]int{"pending_sign_ins": 1, "letter_keys": 1, "totp_enrolments": 1, "recovery_codes": 2} {
			if n := rows(t, s, table); n != want {
				t.Errorf("%s: %d rows, want %d", table, n, want)
			}
		}
		by = row(t, s, "by")
		if _, err := s.ChangeRecoveryCodes(t.Context(), change(by, 1, []string{"z"})); err != nil {
			t.Fatal(err)
		}
		if codes, err := s.RecoveryCodes(t.Context(), "ada"); err != nil || len(codes) != 1 || codes[0] != "z" {
			t.Errorf("got %q, %v, want the fresh one", codes, err)
		}
		by = row(t, s, "by")
		if _, err := s.EnrolTOTP(t.Context(), change(by, 2, nil), secretOf(u)); err != nil || rows(t, s, "recovery_codes") != 1 {
			t.Errorf("another app: %v, %d codes, want the one there was", err, rows(t, s, "recovery_codes"))
		}
		by = row(t, s, "by")
		if _, err := s.RemoveTOTP(t.Context(), change(by, 3, []string{})); err != nil || rows(t, s, "recovery_codes") != 0 {
			t.Errorf("removed: %v, %d codes, want none", err, rows(t, s, "recovery_codes"))
		}
		by = row(t, s, "by")
		if _, err := s.RemoveTOTP(t.Context(), change(by, 4, []string{})); !errors.Is(err, audit.ErrNotFound) || row(t, s, "by") != by {
			t.Errorf("removed twice: got %v, want ErrNotFound and no change", err)
		}
	})
}

func rows(t *testing.T, s *store.Store, table string) (n int) {
	t.Helper()
	if err := s.DB().QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// once runs one thing many times at the same moment, and wants one success and notFound for the rest.
func once(t *testing.T, what string, loses error, do func(i int) error) {
	t.Helper()
	var (
		wg   sync.WaitGroup
		wins atomic.Int32
	)
	for i := range 8 {
		wg.Go(func() {
			switch err := do(i); {
			case err == nil:
				wins.Add(1)
			case !errors.Is(err, loses):
				t.Errorf("%s: got %v, want %v", what, err, loses)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%s: %d successes, want 1", what, wins.Load())
	}
}

// What may be used once is used once, also by many at the same moment.
func TestUsedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		newUser(t, s, "bob")
		x := newSession("by", "ada")
		open(t, s, x)
		if _, err := s.EnrolTOTP(t.Context(), change(x, 0, []string{"code", "other"}), secretOf(u)); err != nil {
			t.Fatal(err)
		}
		step := secretOf(u)
		step.LastStep = 101
		use := func() error {
			return s.AddPress(t.Context(), account.Press{Spend: auth.Spend{UserID: "ada", App: step}})
		}
		once(t, "a time step", auth.ErrConflict, func(int) error { return use() })
		step.LastStep = 100
		if err := use(); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("an earlier step: got %v, want ErrConflict", err)
		}
		step.LastStep, step.EnrolledAt = 102, at.Add(time.Microsecond)
		if err := use(); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("a step of an app that was replaced: got %v, want ErrConflict", err)
		}
		code := func(hash, id, owner string) error {
			return s.AddPress(t.Context(), account.Press{Spend: auth.Spend{
				UserID: owner, CodeHash: hash, At: at, Events: []audit.Event{event(id, owner, audit.RecoveryCodeUsed)},
			}})
		}
		once(t, "a recovery code", auth.ErrConflict, func(i int) error { return code("code", fmt.Sprint("used-", i), "ada") })
		if err := code("other", "used-bob", "bob"); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("somebody else's code: got %v, want ErrConflict", err)
		}
		events, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{audit.RecoveryCodeUsed}, Limit: 10})
		if codes, more := s.RecoveryCodes(t.Context(), "ada"); err != nil || more != nil || len(codes) != 1 || len(events) != 1 {
			t.Errorf("%d codes left, %d events, %v, %v, want one and one", len(codes), len(events), err, more)
		}
		for i := range 4 { // two apps confirmed at the same moment
			x, epoch := row(t, s, "by"), int64(1+i)
			c := change(x, epoch, []string{fmt.Sprint(i)})
			once(t, "an enrolment", auth.ErrConflict, func(i int) error {
				c := c
				c.Events, c.NewTokenHash = nil, fmt.Sprintf("%s-%d", c.NewTokenHash, i)
				_, err := s.EnrolTOTP(t.Context(), c, secretOf(u))
				return err
			})
		}
	})
}

func pending(token, user string) auth.PendingSignIn {
	return auth.PendingSignIn{
		TokenHash: token, UserID: user, Remember: true, Next: "/plans", AttemptsLeft: 3, CreatedAt: at, ExpiresAt: at.Add(time.Minute),
	}
}

// A pending sign-in opens one session, for its own account, while it has time and attempts, and none after anything that
// raises the epoch.
func TestPendingSignIn(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		newUser(t, s, "bob")
		add := func(token string) {
			t.Helper()
			if err := s.AddPendingSignIn(t.Context(), pending(token, "ada"), nil, event("e-"+token, "ada", audit.MFARequired)); err != nil {
				t.Fatal(err)
			}
		}
		opening := func(id, user, token string) error {
			_, err := s.OpenSession(t.Context(), session.OpenParams{Session: newSession(id, user), Spend: auth.Spend{UserID: user, At: at, PendingHash: token}, Limit: 1000})
			return err
		}
		add("one")
		if p, got, err := s.PendingSignIn(t.Context(), "one", at); err != nil || p != pending("one", "ada") || got != u {
			t.Fatalf("got %+v, %+v, %v", p, got, err)
		}
		if _, _, err := s.PendingSignIn(t.Context(), "one", at.Add(time.Minute)); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("too late: got %v, want ErrNotFound", err)
		}
		if _, _, err := s.TakePendingAttempt(t.Context(), "one", at.Add(time.Minute)); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("an attempt too late: got %v, want ErrNotFound", err)
		}
		if err := opening("theirs", "bob", "one"); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("another account: got %v, want ErrConflict", err)
		}
		var taken atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, _, err := s.TakePendingAttempt(t.Context(), "one", at); err == nil {
					taken.Add(1)
				} else if !errors.Is(err, audit.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 3 {
			t.Errorf("%d attempts taken, want 3", taken.Load())
		}
		once(t, "a pending sign-in", auth.ErrConflict, func(i int) error { return opening(fmt.Sprint("s", i), "ada", "one") })
		add("dropped")
		if err := s.DeletePendingSignIn(t.Context(), "dropped"); err != nil {
			t.Fatal(err)
		}
		if err := opening("dropped", "ada", "dropped"); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("dropped: got %v, want ErrConflict", err)
		}
		add("late")
		late := auth.Spend{UserID: "ada", At: at.Add(time.Minute), PendingHash: "late"}
		if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: newSession("late", "ada"), Spend: late, Limit: 1000}); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("finished too late: got %v, want ErrConflict", err)
		}
		by := newSession("by", "ada")
		open(t, s, by)
		if _, err := s.EndSessions(t.Context(), session.EndManyParams{Except: by.ID, By: by.By(device.Client{}), At: at}); err != nil {
			t.Fatal(err)
		}
		if n := rows(t, s, "pending_sign_ins"); n != 0 {
			t.Errorf("%d sign-ins wait after a sign-out everywhere, want none", n)
		}
		add("stale") // of the epoch before
		p := pending("disabled", "ada")
		p.Epoch = 1
		if err := s.AddPendingSignIn(t.Context(), p, nil, event("e-disabled", "ada", audit.MFARequired)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.PendingSignIn(t.Context(), "disabled", at); err != nil {
			t.Errorf("of the epoch of now: %v", err)
		}
		if _, _, err := s.PendingSignIn(t.Context(), "stale", at); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("of an epoch that is over: got %v, want ErrNotFound", err)
		}
		if _, _, err := s.TakePendingAttempt(t.Context(), "stale", at); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("an attempt in an epoch that is over: got %v, want ErrNotFound", err)
		}
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE users SET disabled_at = $1 WHERE id = 'ada'`, at); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.PendingSignIn(t.Context(), "disabled", at); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("of a disabled account: got %v, want ErrNotFound", err)
		}
	})
}

// What is pending is deleted when it expires, and an enrolment is of one session.
func TestEnrolmentsWait(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		first := account.TOTPEnrolment{SessionID: "one", UserID: "ada", Sealed: []byte{1}, ExpiresAt: at.Add(time.Minute)}
		again := first
		again.Sealed = []byte{2}
		for _, e := range []account.TOTPEnrolment{first, again} {
			if err := s.SetTOTPEnrolment(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.TOTPEnrolment(t.Context(), "one", at); err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("got %+v, %v, want the later one", got, err)
		}
		for what, err := range map[string]error{
			"another session": second(s.TOTPEnrolment(t.Context(), "two", at)), "too late": second(s.TOTPEnrolment(t.Context(), "one", at.Add(time.Minute))),
			"no app": second(s.TOTPSecret(t.Context(), "ada")),
		} {
			if !errors.Is(err, audit.ErrNotFound) {
				t.Errorf("%s: got %v, want ErrNotFound", what, err)
			}
		}
		if err := s.AddPendingSignIn(t.Context(), pending("one", "ada"), nil, event("one", "ada", audit.MFARequired)); err != nil {
			t.Fatal(err)
		}
		for _, prune := range []struct {
			at   time.Time
			left int
		}{{at.Add(time.Minute - time.Microsecond), 2}, {at.Add(time.Minute), 0}} {
			if err := s.PruneAccounts(t.Context(), prune.at); err != nil {
				t.Fatal(err)
			}
			if n := rows(t, s, "totp_enrolments") + rows(t, s, "pending_sign_ins"); n != prune.left {
				t.Errorf("at %s: %d rows, want %d", prune.at, n, prune.left)
			}
		}
	})
}
