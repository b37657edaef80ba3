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

func newPasskey(id, userID string) auth.Passkey {
	return auth.Passkey{
		ID: id, UserID: userID, CredentialID: "credential-" + id, PublicKey: []byte{0, 1, 255}, Transports: "usb,internal",
		SignCount: 1<<32 - 2, BackupEligible: true, Name: "Name of " + id, CreatedAt: at,
	}
}

func spent(hash string) auth.SpentChallenge {
	return auth.SpentChallenge{Hash: hash, ExpiresAt: at.Add(auth.ChallengeValid)}
}

// addPasskey adds one from a session that stays as the caller knows it but for its token.
func addPasskey(t *testing.T, s *store.Store, x *session.Session, epoch int64, p auth.Passkey) {
	t.Helper()
	c := change(*x, epoch, nil)
	if _, err := s.AddPasskey(t.Context(), c, p, spent("enrol-"+p.ID)); err != nil {
		t.Fatal(err)
	}
	x.TokenHash = c.NewTokenHash
}

func TestPasskeysComeBack(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		newUser(t, s, "bob")
		x := newSession("one", "ada")
		open(t, s, x)
		if found, _ := s.UserByEmail(t.Context(), u.NormalizedEmail); found.Passkeys {
			t.Error("an account without a passkey has one")
		}
		first, second := newPasskey("b", "ada"), newPasskey("a", "ada")
		addPasskey(t, s, &x, 0, first)
		addPasskey(t, s, &x, 1, second)
		got, err := s.Passkeys(t.Context(), "ada")
		if want := []auth.Passkey{second, first}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
		p, owner, err := s.PasskeyByCredential(t.Context(), "credential-b")
		if err != nil || !reflect.DeepEqual(p, first) || owner.ID != "ada" || owner.Epoch != 2 || !owner.Passkeys {
			t.Errorf("got %+v of %+v, %v", p, owner, err)
		}
		if _, _, err := s.PasskeyByCredential(t.Context(), "credential-c"); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("unknown credential: got %v, want ErrNotFound", err)
		}
		if others, err := s.Passkeys(t.Context(), "bob"); err != nil || len(others) != 0 {
			t.Errorf("bob has %v, %v", others, err)
		}
		if bob, _ := s.UserByEmail(t.Context(), "bob@example.org"); bob.Passkeys {
			t.Error("somebody else's passkey counts")
		}
	})
}

// An enrolment happens whole or not at all: neither a spent challenge nor a credential in use leaves anything behind.
func TestAddPasskeyIsConditional(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		newUser(t, s, "bob")
		x, other, theirs := newSession("one", "ada"), newSession("two", "ada"), newSession("three", "bob")
		for _, one := range []session.Session{x, other, theirs} {
			open(t, s, one)
		}
		addPasskey(t, s, &theirs, 0, newPasskey("theirs", "bob"))
		same := newPasskey("mine", "ada")
		same.CredentialID = "credential-theirs"
		stolen := x
		stolen.TokenHash = "stolen"
		for what, c := range map[string]struct {
			change account.CredentialsChange
			p      auth.Passkey
			spent  string
			want   error
		}{
			"taken":         {change(x, 0, nil), same, "s1", auth.ErrPasskeyTaken},
			"spent":         {change(x, 0, nil), newPasskey("mine", "ada"), "enrol-theirs", auth.ErrSpent},
			"old epoch":     {change(x, 7, nil), newPasskey("mine", "ada"), "s2", auth.ErrConflict},
			"another token": {change(stolen, 0, nil), newPasskey("mine", "ada"), "s3", auth.ErrEnded},
		} {
			if _, err := s.AddPasskey(t.Context(), c.change, c.p, spent(c.spent)); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", what, err, c.want)
			}
			all, _ := s.Passkeys(t.Context(), "ada")
			u, _ := s.UserByEmail(t.Context(), "ada@example.org")
			if len(all) != 0 || u.Epoch != 0 || row(t, s, "one").TokenHash != x.TokenHash || !row(t, s, "two").EndedAt.IsZero() {
				t.Errorf("%s: something was changed", what)
			}
			if what != "spent" {
				if answered, err := s.Answered(t.Context(), spent(c.spent)); answered || err != nil {
					t.Errorf("%s: the challenge is spent: %v", what, err)
				}
			}
		}
		ended, err := s.AddPasskey(t.Context(), change(x, 0, nil), newPasskey("mine", "ada"), spent("s4"))
		if err != nil || len(ended) != 1 || ended[0].ID != "two" {
			t.Errorf("got %v, %v, want the other session ended", ended, err)
		}
	})
}

// A challenge is spent once, however many answer it at once, and a counter goes back only from where it was seen to.
func TestSpendPasskey(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		useAfter := func(read uint32, p auth.Passkey, challenge auth.SpentChallenge) error {
			return s.AddPress(t.Context(), account.Press{Spend: auth.Spend{UserID: p.UserID, Passkey: p, CountBefore: read, Challenge: challenge}})
		}
		use := func(p auth.Passkey, challenge auth.SpentChallenge) error { return useAfter(0, p, challenge) }
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		p := newPasskey("key", "ada")
		p.SignCount = 5
		addPasskey(t, s, &x, 0, p)
		p.SignCount, p.BackupState, p.LastUsedAt = 6, true, at.Add(time.Second)
		for round := range 5 {
			var won, lost atomic.Int32
			var wg sync.WaitGroup
			p.SignCount++
			for range 4 {
				wg.Go(func() {
					switch err := use(p, spent(fmt.Sprint("round", round))); {
					case err == nil:
						won.Add(1)
					case errors.Is(err, auth.ErrConflict):
						lost.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || lost.Load() != 3 {
				t.Errorf("round %d: %d won, %d found it spent", round, won.Load(), lost.Load())
			}
		}
		if got, _, err := s.PasskeyByCredential(t.Context(), p.CredentialID); err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("got %+v, %v, want %+v", got, err, p)
		}
		for _, back := range []uint32{p.SignCount, 3, 0} {
			q := p
			q.SignCount = back
			hash := fmt.Sprint("back", back)
			if err := use(q, spent(hash)); !errors.Is(err, auth.ErrConflict) {
				t.Errorf("counter back at %d: got %v, want ErrConflict", back, err)
			}
			q.SignCount = p.SignCount + 1
			p = q
			if err := use(q, spent(hash)); err != nil {
				t.Errorf("a refused answer spent its challenge: %v", err)
			}
		}
		read, q := p.SignCount, p
		for _, back := range []uint32{read, 3} { // somebody saw that it goes back, and lets it
			q.SignCount = back
			if err := useAfter(read, q, spent(fmt.Sprint("seen", back))); err != nil {
				t.Errorf("counter seen to go back to %d: %v", back, err)
			}
		}
		q.SignCount = 2
		if err := useAfter(read, q, spent("overtaken")); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("a counter that was moved meanwhile: got %v, want ErrConflict", err)
		}
		still := newPasskey("still", "ada") // one that does not count
		still.SignCount = 0
		addPasskey(t, s, &x, 1, still)
		for i := range 2 {
			if err := use(still, spent(fmt.Sprint("still", i))); err != nil {
				t.Errorf("without a counter: %v", err)
			}
		}
		bobs := p
		bobs.UserID, bobs.SignCount = "bob", 99
		if err := use(bobs, spent("bobs")); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("another user: got %v, want ErrConflict", err)
		}
	})
}

func TestRenameAndRemovePasskey(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		newUser(t, s, "bob")
		x, theirs := newSession("one", "ada"), newSession("two", "bob")
		open(t, s, x)
		open(t, s, theirs)
		addPasskey(t, s, &x, 0, newPasskey("key", "ada"))
		rename := func(by session.Session, id string) error {
			return s.RenamePasskey(t.Context(), account.RenamePasskeyParams{By: by.By(device.Client{}), ID: id, Name: "Other", At: at, Event: event("rename-"+by.ID+id, by.UserID, audit.PasskeyRenamed)})
		}
		stolen := x
		stolen.TokenHash = "stolen"
		for what, c := range map[string]struct{ got, want error }{
			"not owned": {rename(theirs, "key"), audit.ErrNotFound}, "unknown": {rename(x, "none"), audit.ErrNotFound},
			"another token":    {rename(stolen, "key"), auth.ErrConflict},
			"remove not owned": {second(s.RemovePasskey(t.Context(), change(theirs, 0, nil), "key")), audit.ErrNotFound},
			"remove unknown":   {second(s.RemovePasskey(t.Context(), change(x, 1, nil), "none")), audit.ErrNotFound},
		} {
			if !errors.Is(c.got, c.want) {
				t.Errorf("%s: got %v, want %v", what, c.got, c.want)
			}
		}
		if all, _ := s.Passkeys(t.Context(), "ada"); len(all) != 1 || all[0].Name != "Name of key" {
			t.Errorf("got %+v, want it as it was", all)
		}
		if err := rename(x, "key"); err != nil {
			t.Error(err)
		}
		if all, _ := s.Passkeys(t.Context(), "ada"); len(all) != 1 || all[0].Name != "Other" {
			t.Errorf("got %+v, want it renamed", all)
		}
		if _, err := s.RemovePasskey(t.Context(), change(x, 1, nil), "key"); err != nil {
			t.Error(err)
		}
		if all, _ := s.Passkeys(t.Context(), "ada"); len(all) != 0 {
			t.Errorf("got %+v, want none", all)
		}
	})
}

func TestPruneSpentChallenges(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		addPasskey(t, s, &x, 0, newPasskey("key", "ada"))
		end := at.Add(auth.ChallengeValid)
		for _, c := range []struct {
			at   time.Time
			want int
		}{{end.Add(-time.Microsecond), 1}, {end, 0}} {
			if err := s.PruneAccounts(t.Context(), c.at); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := s.DB().QueryRow(`SELECT count(*) FROM spent_challenges`).Scan(&n); err != nil || n != c.want {
				t.Errorf("%d spent challenges, %v, want %d", n, err, c.want)
			}
		}
	})
}
