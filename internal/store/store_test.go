package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// onBoth runs a contract on each database.
func onBoth(t *testing.T, contract func(t *testing.T, s *store.Store)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) { contract(t, open(t)) })
	}
}

// at is a moment with microseconds, which both databases have to give back exactly.
var at = time.Date(2026, 11, 20, 12, 34, 56, 123456000, time.UTC)

func userOf(id string) auth.User {
	return auth.User{
		ID: id, Email: id + "@Example.org", NormalizedEmail: id + "@example.org", Name: "Name of " + id, Role: auth.RoleMember,
		PasswordHash: "hash", PasswordChangedAt: at, CreatedAt: at,
	}
}

func newUser(t *testing.T, s *store.Store, id string) auth.User {
	t.Helper()
	u := userOf(id)
	if err := s.CreateUser(t.Context(), u, event("created-"+id, id, audit.UserCreated)); err != nil {
		t.Fatal(err)
	}
	return u
}

func event(id, userID string, kind audit.Kind) audit.Event {
	return audit.Event{ID: id, UserID: userID, Kind: kind, At: at, Times: 1, Client: device.Client{IP: "192.0.2.1", UserAgent: "agent"}}
}

func newSession(id, userID string) session.Session {
	return session.Session{
		ID: id, UserID: userID, TokenHash: "token-" + id, Method: auth.MethodPassword, Remembered: true, UserAgent: "agent",
		IP: "192.0.2.1", LastIP: "192.0.2.2", Known: "browser A\nnetwork N", CreatedAt: at, RotatedAt: at, LastSeenAt: at, IdleExpiresAt: at.Add(time.Hour), ExpiresAt: at.Add(24 * time.Hour),
	}
}

func open(t *testing.T, s *store.Store, x session.Session) {
	t.Helper()
	if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: x, Limit: 1000}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsStoredComesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u, x := newUser(t, s, "ada"), newSession("one", "ada")
		open(t, s, x)
		gotSession, gotUser, err := s.SessionByToken(t.Context(), "token-one")
		if err != nil || gotSession != x || gotUser != u {
			t.Errorf("got %+v\n%+v\n%v\nwant %+v\n%+v", gotSession, gotUser, err, x, u)
		}
		if got, err := s.UserByEmail(t.Context(), "ada@example.org"); err != nil || got != u {
			t.Errorf("by email: got %+v, %v", got, err)
		}
		for what, err := range map[string]error{
			"email": second(s.UserByEmail(t.Context(), "ADA@example.org")), "handle": second(s.SessionByHandle(t.Context(), "two")),
			"token": third(s.SessionByToken(t.Context(), "one")), "previous token": third(s.SessionByPreviousToken(t.Context(), "token-one")),
		} {
			if !errors.Is(err, audit.ErrNotFound) {
				t.Errorf("%s: got %v, want ErrNotFound", what, err)
			}
		}
		if err := s.CreateUser(t.Context(), auth.User{ID: "other", NormalizedEmail: "ada@example.org", CreatedAt: at, PasswordChangedAt: at}, event("x", "other", audit.UserCreated)); !errors.Is(err, auth.ErrEmailTaken) {
			t.Errorf("same address: got %v, want ErrEmailTaken", err)
		}
	})
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// Each change of a live session by its browser changes nothing when the row has ended, timed out or moved on.
func TestChangesAreConditional(t *testing.T) {
	changes := map[string]func(*testing.T, *store.Store, session.Session, time.Time) error{
		"touch": func(t *testing.T, s *store.Store, x session.Session, at time.Time) error {
			x.LastSeenAt, x.LastIP, x.IdleExpiresAt = at, "192.0.2.99", at.Add(time.Hour)
			return s.Touch(t.Context(), x, at)
		},
		"rotate": func(t *testing.T, s *store.Store, x session.Session, at time.Time) error {
			return s.Rotate(t.Context(), session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "rotated-" + x.ID}, At: at, Elevated: at.Add(time.Minute)}, event("rotate-"+x.ID, x.UserID, audit.SessionRenewed))
		},
		"confirm": func(t *testing.T, s *store.Store, x session.Session, at time.Time) error {
			x.Known = "browser B"
			return s.Rotate(t.Context(), session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "confirmed-" + x.ID}, At: at, Elevated: at.Add(time.Minute), Dismiss: true}, event("confirm-"+x.ID, x.UserID, audit.SessionRenewed))
		},
		"flag client": func(t *testing.T, s *store.Store, x session.Session, at time.Time) error {
			x.Flag, x.FlagClient = session.FlagClientChanged, "browser B"
			first, err := s.FlagClient(t.Context(), x, "", at, event("flag-"+x.ID, x.UserID, audit.SessionFlagged))
			if err == nil && !first {
				return auth.ErrEnded
			}
			return err
		},
		"change password": func(t *testing.T, s *store.Store, x session.Session, at time.Time) error {
			_, err := s.ChangePassword(t.Context(), account.ChangePasswordParams{PasswordHash: "new", CredentialsChange: account.CredentialsChange{
				Rotation: session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "changed-" + x.ID}, At: at}, Reason: session.ReasonPasswordChanged,
				Events: []audit.Event{event("change-"+x.ID, x.UserID, audit.PasswordChange)},
			}})
			return err
		},
	}
	for what, change := range changes {
		t.Run(what, func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *store.Store) {
				for name, spoil := range map[string]func(*session.Session) time.Time{
					"good":          func(*session.Session) time.Time { return at.Add(time.Hour - time.Microsecond) },
					"timed out":     func(*session.Session) time.Time { return at.Add(time.Hour) },
					"other token":   func(x *session.Session) time.Time { x.TokenHash = "stolen"; return at },
					"other session": func(x *session.Session) time.Time { x.ID = "another"; return at },
					"ended": func(x *session.Session) time.Time {
						ended := *x
						ended.EndedAt, ended.EndReason = at, session.ReasonRevoked
						if _, err := s.EndSession(t.Context(), ended, audit.Actor{}, nil); err != nil {
							t.Fatal(err)
						}
						return at
					},
				} {
					user := "user-" + name
					newUser(t, s, user)
					x := newSession("s-"+name, user)
					open(t, s, x)
					before := row(t, s, x.ID)
					err := change(t, s, x, spoil(&x))
					if name == "good" {
						if err != nil || row(t, s, x.ID) == before {
							t.Errorf("%s: got %v, changed: %v", name, err, row(t, s, x.ID) != before)
						}
						continue
					}
					after := row(t, s, "s-"+name)
					after.EndedAt, after.EndReason = before.EndedAt, before.EndReason
					if !errors.Is(err, auth.ErrEnded) || after != before {
						t.Errorf("%s: got %v, want ErrEnded; row %+v, was %+v", name, err, after, before)
					}
					if u, _ := s.UserByEmail(t.Context(), user+"@example.org"); u.PasswordHash != "hash" || u.Epoch != 0 {
						t.Errorf("%s: the account changed: %+v", name, u)
					}
				}
			})
		})
	}
}

func row(t *testing.T, s *store.Store, id string) session.Session {
	t.Helper()
	x, err := s.SessionByHandle(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// A session ends once, with one reason and one event, however many notice it at the same moment.
func TestEndsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		asking := newSession("asking", "ada")
		open(t, s, asking)
		for round := range 20 {
			x := newSession(fmt.Sprint("round", round), "ada")
			if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: x, Limit: 1000, Epoch: int64(round)}); err != nil {
				t.Fatal(err)
			}
			var (
				wg   sync.WaitGroup
				mu   sync.Mutex
				won  []session.Reason
				mass int
			)
			for _, reason := range []session.Reason{session.ReasonIdle, session.ReasonSignedOut, session.ReasonRevoked, session.ReasonIdle} {
				wg.Go(func() {
					ended := x
					ended.EndedAt, ended.EndReason = x.IdleExpiresAt, reason
					_, err := s.EndSession(t.Context(), ended, audit.Actor{}, nil)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won = append(won, reason)
					} else if !errors.Is(err, auth.ErrEnded) {
						t.Error(err)
					}
				})
			}
			wg.Go(func() {
				ended, err := s.EndSessions(t.Context(), session.EndManyParams{Except: asking.ID, By: asking.By(device.Client{}), At: at})
				mu.Lock()
				defer mu.Unlock()
				if mass = len(ended); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			events, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{audit.SessionExpired}, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			events = slices.DeleteFunc(events, func(e audit.Event) bool { return e.SessionID != x.ID })
			if len(won)+mass != 1 || len(events) != 1 || events[0].Reason != string(row(t, s, x.ID).EndReason) {
				t.Errorf("round %d: %v and %d by the mass ending, %d events, want one", round, won, mass, len(events))
			}
		}
	})
}

// A timeout is not written over activity that came in after it was read.
func TestTimeoutLosesAgainstActivity(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		for _, reason := range []session.Reason{session.ReasonIdle, session.ReasonAbsolute, session.ReasonUnclaimed} {
			x := newSession(string(reason), "ada")
			open(t, s, x)
			stale := x
			stale.EndedAt, stale.EndReason = x.IdleExpiresAt, reason
			x.IdleExpiresAt = x.IdleExpiresAt.Add(time.Minute)
			if err := s.Touch(t.Context(), x, at.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.EndSession(t.Context(), stale, audit.Actor{}, nil); !errors.Is(err, auth.ErrEnded) {
				t.Errorf("%s: got %v, want ErrEnded", reason, err)
			}
			if !row(t, s, x.ID).EndedAt.IsZero() {
				t.Errorf("%s: the session ended in spite of activity", reason)
			}
		}
	})
}

// Several instances that start at once on an empty database migrate it once.
func TestMigrateTogether(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/together.db" },
		"postgres": func(t *testing.T) string { return storetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			databaseURL := url(t)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					s, err := store.Open(t.Context(), databaseURL)
					if err == nil {
						_, err = s.Migrate(t.Context())
						_ = s.Close()
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestEventsPage(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		newUser(t, s, "bob")
		for i := range 10 { // pairs share a moment, so the id has to break the tie
			e := event(fmt.Sprintf("e%02d", i), "ada", audit.LoginFail).Because(strconv.Itoa(i))
			e.At = at.Add(time.Duration(i/2) * time.Microsecond)
			if err := s.AddEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		f := audit.Filter{Kinds: []audit.Kind{audit.LoginFail, audit.LoginLock}, Limit: 3}
		for {
			page, err := s.Events(t.Context(), "ada", f)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				got = append(got, e.ID)
				f.BeforeAt, f.BeforeID = e.At, e.ID
			}
		}
		if want := []string{"e09", "e08", "e07", "e06", "e05", "e04", "e03", "e02", "e01", "e00"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if others, err := s.Events(t.Context(), "bob", audit.Filter{Limit: 10}); err != nil || len(others) != 1 {
			t.Errorf("bob sees %d events, %v, want his own one", len(others), err)
		}
	})
}

func TestPrune(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		for id, ended := range map[string]time.Time{"old": at.Add(-time.Microsecond), "young": at, "live": {}} {
			x := newSession(id, "ada")
			open(t, s, x)
			if x.EndedAt, x.EndReason = ended, session.ReasonSignedOut; !ended.IsZero() {
				if _, err := s.EndSession(t.Context(), x, audit.Actor{}, nil); err != nil {
					t.Fatal(err)
				}
			}
			err := errors.Join(
				s.AddSignUp(t.Context(), account.SignUp{TokenHash: id, ExpiresAt: at.Add(time.Duration(len(id)-4) * time.Hour)}, account.Press{}, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{})),
				s.AddOneTimeToken(t.Context(), account.OneTimeToken{TokenHash: id, UserID: "ada", Purpose: "p", ExpiresAt: at.Add(time.Duration(len(id)-4) * time.Hour)}))
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := prune(t, s, at, at, at.Add(time.Microsecond), at); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int{"sessions": 2, "signups": 1, "sent_tokens": 2, "letter_keys": 1, "events": 0} {
			var n int
			if err := s.DB().QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d rows left, %v, want %d", table, n, err, want)
			}
		}
	})
}

// Several instances prune at the same moment, and what became of each sign-up's token is known once.
func TestPruneAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		const expired = 40
		for i := range expired {
			if err := s.AddSignUp(t.Context(), account.SignUp{TokenHash: fmt.Sprint("token", i), ExpiresAt: at}, account.Press{}, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{})); err != nil {
				t.Fatal(err)
			}
		}
		if got := race(4, func(int) error { return s.PruneAccounts(t.Context(), at) }); got != 4 {
			t.Errorf("%d of 4 pruned", got)
		}
		for i := range expired {
			sent, err := s.SentToken(t.Context(), fmt.Sprint("token", i), account.PurposeSignUp)
			if err != nil || !sent.UsedAt.IsZero() || !sent.ExpiresAt.Equal(at) {
				t.Errorf("got %+v, %v, want a token that was not used", sent, err)
			}
		}
	})
}

// Events that no account owns are in nobody's trail, last a day, and are bounded in number.
func TestAnonymousEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		addAnonymous := func(id string, when time.Time) {
			e := event(id, "", audit.LoginFail).About(id)
			e.At = when
			if err := s.AddEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		left := func() (n int) {
			t.Helper()
			err := errors.Join(
				prune(t, s, at, at.Add(-time.Hour), at.Add(-time.Hour), at.Add(-keepAnonymous)),
				s.DB().QueryRow(`SELECT count(*) FROM stray_events`).Scan(&n))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		addAnonymous("old", at.Add(-keepAnonymous-time.Microsecond))
		addAnonymous("young", at.Add(-keepAnonymous))
		if n := left(); n != 1 {
			t.Errorf("%d events left, want the one of the last day", n)
		}
		if events, err := s.Events(t.Context(), "", audit.Filter{Limit: 10}); len(events) > 0 || err != nil {
			t.Errorf("somebody's trail has %d of them, %v, want none", len(events), err)
		}
		addAnonymous("model", at)
		_, err := s.DB().Exec(`
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)
			INSERT INTO stray_events (id, kind, reason, ip, user_agent, at)
			SELECT 'n' || i, kind, reason, ip, user_agent, at FROM n JOIN stray_events ON id = 'model'`)
		if err != nil {
			t.Fatal(err)
		}
		addAnonymous("newest", at.Add(time.Microsecond))
		// Of more than there is room for, all of one moment go together.
		if n := left(); n > 10_000 || n < 1 {
			t.Errorf("%d events left of 10,103, want at most 10,000 and the newest", n)
		}
	})
}

// Decoys last as long as the tokens that they stand for, and are bounded in number.
func TestDecoys(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		left := func(at time.Time) (n int) {
			t.Helper()
			if err := errors.Join(s.PruneAccounts(t.Context(), at), s.DB().QueryRow(`SELECT count(*) FROM decoys`).Scan(&n)); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := s.AddUnlockToken(t.Context(), "model", "", at, at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UnlockTokenOwner(t.Context(), "model", at); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("got %v for the token of a decoy, want ErrNotFound", err)
		}
		if n := left(at.Add(time.Hour - time.Microsecond)); n != 1 {
			t.Errorf("%d decoys left before their time, want 1", n)
		}
		_, err := s.DB().Exec(`
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)
			INSERT INTO decoys (token_hash, stands_for, purpose, created_at, expires_at)
			SELECT 'n' || i, stands_for, purpose, created_at, expires_at FROM n JOIN decoys ON token_hash = 'model'`)
		if err == nil {
			err = s.AddUnlockToken(t.Context(), "newest", "", at, at.Add(2*time.Hour))
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := left(at); n > 10_000 || n < 1 {
			t.Errorf("%d decoys left of 10,102, want at most 10,000 and the newest", n)
		}
		if n := left(at.Add(2 * time.Hour)); n != 0 {
			t.Errorf("%d decoys left after their time, want none", n)
		}
	})
}

// keepAnonymous is how long the tests keep an event without an account.
const keepAnonymous = 24 * time.Hour

// prune deletes what is no longer kept, as the sweepers of a portal do one after the other.
func prune(t *testing.T, s *store.Store, at, endedBefore, eventsBefore, anonymousBefore time.Time) error {
	t.Helper()
	return errors.Join(s.PruneSessions(t.Context(), endedBefore), s.PruneAccounts(t.Context(), at),
		s.PruneEvents(t.Context(), eventsBefore, anonymousBefore))
}
