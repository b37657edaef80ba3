package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// Nobody ends the sessions of an account from a session that is over itself, or on a token it has no more.
func TestOnTheWordOfADeadSession(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		by, other := newSession("by", "ada"), newSession("other", "ada")
		open(t, s, by)
		open(t, s, other)
		try := func(what string, by session.Session, at time.Time) {
			t.Helper()
			ending := other
			ending.EndedAt, ending.EndReason = at, session.ReasonRevoked
			if _, err := s.EndSession(t.Context(), ending, by.By(device.Client{}), nil); !errors.Is(err, auth.ErrConflict) {
				t.Errorf("%s: EndSession: got %v, want ErrConflict", what, err)
			}
			if _, err := s.EndSessions(t.Context(), session.EndManyParams{By: by.By(device.Client{}), At: at}); !errors.Is(err, auth.ErrConflict) {
				t.Errorf("%s: EndSessions: got %v, want ErrConflict", what, err)
			}
		}
		stolen := by
		stolen.TokenHash = "replaced"
		try("another token", stolen, at)
		try("timed out", by, by.IdleExpiresAt)
		ended := by
		ended.EndedAt, ended.EndReason = at, session.ReasonSignedOut
		if _, err := s.EndSession(t.Context(), ended, audit.Actor{}, nil); err != nil {
			t.Fatal(err)
		}
		try("ended", by, at)
		u, err := s.UserByEmail(t.Context(), "ada@example.org")
		if err != nil || u.Epoch != 0 || !row(t, s, "other").EndedAt.IsZero() {
			t.Errorf("something changed: %+v, %v", u, err)
		}
	})
}

// A password that was checked before everything else was signed out changes nothing after it, in the same session either.
func TestPasswordChangeOvertaken(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		by := newSession("by", "ada")
		open(t, s, by)
		change := account.ChangePasswordParams{PasswordHash: "new", CredentialsChange: account.CredentialsChange{Rotation: session.Rotation{Session: by, NewToken: session.NewToken{NewTokenHash: "next"}, At: at}, Epoch: 0}}
		if _, err := s.EndSessions(t.Context(), session.EndManyParams{Except: by.ID, By: by.By(device.Client{}), At: at}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(t.Context(), change); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("got %v, want ErrConflict", err)
		}
		if u, err := s.UserByEmail(t.Context(), "ada@example.org"); err != nil || u.PasswordHash != "hash" || row(t, s, by.ID).TokenHash != by.TokenHash {
			t.Errorf("something changed: %+v, %v", u, err)
		}
		change.Epoch = 1
		if _, err := s.ChangePassword(t.Context(), change); err != nil {
			t.Errorf("with the epoch of now: %v", err)
		}
	})
}

// What had timed out before anybody noticed keeps its own reason and moment when everything is ended.
func TestMassEndingTellsTimeoutsApart(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		by, idle, absolute, live := newSession("by", "ada"), newSession("idle", "ada"), newSession("absolute", "ada"), newSession("live", "ada")
		later := at.Add(30 * time.Minute)
		idle.IdleExpiresAt = later.Add(-time.Minute)
		absolute.IdleExpiresAt, absolute.ExpiresAt = later, later
		for _, x := range []session.Session{by, idle, absolute, live} {
			open(t, s, x)
		}
		ended, err := s.EndSessions(t.Context(), session.EndManyParams{By: by.By(device.Client{}), At: later})
		if err != nil || len(ended) != 4 {
			t.Fatalf("%d ended, %v, want 4", len(ended), err)
		}
		for id, want := range map[string]session.Session{
			"by":       {EndReason: session.ReasonSignedOut, EndedAt: later, EndedBy: "by"},
			"idle":     {EndReason: session.ReasonIdle, EndedAt: idle.IdleExpiresAt},
			"absolute": {EndReason: session.ReasonAbsolute, EndedAt: later},
			"live":     {EndReason: session.ReasonRevoked, EndedAt: later, EndedBy: "by"},
		} {
			if got := row(t, s, id); got.EndReason != want.EndReason || !got.EndedAt.Equal(want.EndedAt) || got.EndedBy != want.EndedBy {
				t.Errorf("%s: got %s at %s by %q, want %s at %s by %q", id, got.EndReason, got.EndedAt, got.EndedBy, want.EndReason, want.EndedAt, want.EndedBy)
			}
		}
	})
}

// A slow request does not take back what a later one wrote.
func TestTouchNeverGoesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		for _, minutes := range []time.Duration{10, 5} {
			x.LastSeenAt = at.Add(minutes * time.Minute)
			x.IdleExpiresAt = x.LastSeenAt.Add(time.Hour)
			if err := s.Touch(t.Context(), x, x.LastSeenAt); err != nil {
				t.Fatal(err)
			}
		}
		got := row(t, s, "one")
		if want := at.Add(10 * time.Minute); !got.LastSeenAt.Equal(want) || !got.IdleExpiresAt.Equal(want.Add(time.Hour)) {
			t.Errorf("last seen %s, ends %s, want %s and an hour later", got.LastSeenAt, got.IdleExpiresAt, want)
		}
	})
}

// A link confirms the sign-up it was sent for, within its time, and no other.
func TestConfirmIsConditional(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for _, p := range []account.SignUp{
			{TokenHash: "good", NormalizedEmail: "good@example.org", CreatedAt: at, ExpiresAt: at.Add(time.Hour)},
			{TokenHash: "old", NormalizedEmail: "old@example.org", CreatedAt: at, ExpiresAt: at},
		} {
			if err := s.AddSignUp(t.Context(), p, account.Press{}, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{})); err != nil {
				t.Fatal(err)
			}
		}
		confirm := func(hash, email string) error {
			u := auth.User{ID: "user-" + email, NormalizedEmail: email, CreatedAt: at, PasswordChangedAt: at}
			return s.ConfirmSignUp(t.Context(), hash, u, nil, event(hash+email, u.ID, audit.UserCreated))
		}
		for hash, email := range map[string]string{"invented": "good@example.org", "old": "old@example.org", "good": "other@example.org"} {
			if err := confirm(hash, email); !errors.Is(err, audit.ErrNotFound) {
				t.Errorf("%s for %s: got %v, want ErrNotFound", hash, email, err)
			}
		}
		if err := confirm("good", "good@example.org"); err != nil {
			t.Error(err)
		}
	})
}

// Four links for one address, pressed at once, make one account and no fault.
func TestConfirmTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for round := range 10 {
			email := fmt.Sprintf("r%d@example.org", round)
			var wg sync.WaitGroup
			var mu sync.Mutex
			made := 0
			for link := range 4 {
				hash := fmt.Sprint(round, "-", link)
				if err := s.AddSignUp(t.Context(), account.SignUp{TokenHash: hash, NormalizedEmail: email, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}, account.Press{}, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{})); err != nil {
					t.Fatal(err)
				}
				wg.Go(func() {
					u := auth.User{ID: hash, NormalizedEmail: email, CreatedAt: at, PasswordChangedAt: at}
					err := s.ConfirmSignUp(t.Context(), hash, u, nil, event(hash, hash, audit.UserCreated))
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						made++
					case !errors.Is(err, audit.ErrNotFound) && !errors.Is(err, auth.ErrEmailTaken):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if made != 1 {
				t.Errorf("round %d: %d accounts, want 1", round, made)
			}
		}
	})
}
