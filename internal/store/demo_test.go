package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// newDemo is a demo account that is over at a moment, with a live and an ended session.
func newDemo(id string, until time.Time) demo.Demo {
	u := auth.User{
		ID: "demo-" + id, Email: id + "@demo.example", NormalizedEmail: id + "@demo.example", Name: "N", Role: auth.RoleMember,
		PasswordHash: "hash", PasswordChangedAt: at, CreatedAt: at, DemoUntil: until,
	}
	live, over := newSession("live-"+id, u.ID), newSession("over-"+id, u.ID)
	live.Flag, live.RotatedAt = session.FlagTokenReused, at.Add(time.Minute)
	over.EndedAt, over.EndReason, over.EndedBy = at.Add(time.Second), session.ReasonRevoked, live.ID
	return demo.Demo{User: u, Sessions: []session.Session{live, over}, Events: []audit.Event{event("e-"+id, u.ID, audit.LoginSuccess)}}
}

func TestDemoIsStoredWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		d := newDemo("one", at.Add(2*time.Hour))
		if err := s.CreateDemo(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		for _, want := range d.Sessions {
			got, user, err := s.SessionByToken(t.Context(), want.TokenHash)
			if err != nil || got != want || user != d.User {
				t.Errorf("got %+v\n%+v\n%v\nwant %+v\n%+v", got, user, err, want, d.User)
			}
		}
		if events, err := s.Events(t.Context(), d.User.ID, audit.Filter{Limit: 9}); err != nil || len(events) != 1 || events[0] != d.Events[0] {
			t.Errorf("got events %+v, %v, want %+v", events, err, d.Events)
		}
		if n, err := s.CountDemos(t.Context()); n != 1 || err != nil {
			t.Errorf("got %d demos, %v, want 1", n, err)
		}
		// All of it or nothing: a session that cannot be stored takes the account with it.
		d = newDemo("two", at.Add(2*time.Hour))
		d.Sessions[1].TokenHash = "token-live-one"
		if err := s.CreateDemo(t.Context(), d); err == nil {
			t.Error("two sessions have one token")
		}
		if n, err := s.CountDemos(t.Context()); n != 1 || err != nil {
			t.Errorf("got %d demos, %v, want 1", n, err)
		}
	})
}

// The schema itself keeps a demo account from becoming an administrator, or anything but a demo account.
func TestSchemaGuardsDemos(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		if err := s.CreateDemo(t.Context(), newDemo("one", at)); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{
			`UPDATE users SET role = 'admin' WHERE id = 'demo-one'`,
			`UPDATE users SET demo_until = NULL WHERE id = 'demo-one'`,
			`UPDATE users SET demo_until = created_at WHERE id = 'ada'`,
		} {
			if _, err := s.DB().ExecContext(t.Context(), change); err == nil {
				t.Errorf("%s: got no error", change)
			}
		}
		admin := newDemo("two", at)
		admin.User.Role = auth.RoleAdmin
		if err := s.CreateDemo(t.Context(), admin); err == nil {
			t.Error("a demo account was made an administrator")
		}
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE users SET role = 'admin' WHERE id = 'ada'`); err != nil {
			t.Errorf("an ordinary account cannot become an administrator: %v", err)
		}
	})
}

// Only demos that were over at that time go, with all that refers to them, a bounded number at a time. Several sweepers
// at once get in nobody's way.
func TestDeleteDemos(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		open(t, s, newSession("hers", "ada"))
		for i := range 30 {
			if err := s.CreateDemo(t.Context(), newDemo(fmt.Sprint("old", i), at.Add(-time.Duration(i)*time.Second))); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.CreateDemo(t.Context(), newDemo("young", at.Add(time.Microsecond))); err != nil {
			t.Fatal(err)
		}
		if n, err := s.DeleteDemos(t.Context(), at, 10); n != 10 || err != nil {
			t.Errorf("got %d, %v, want 10", n, err)
		}
		if n, err := s.CountDemos(t.Context()); n != 21 || err != nil {
			t.Errorf("%d left, %v, want 21", n, err)
		}
		var sweepers sync.WaitGroup
		for range 4 {
			sweepers.Go(func() {
				if _, err := s.DeleteDemos(t.Context(), at, 100); err != nil {
					t.Error(err)
				}
			})
		}
		sweepers.Wait()
		for table, want := range map[string]int{"users": 2, "sessions": 3, "events": 2} {
			var n int
			if err := s.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != want {
				t.Errorf("%d rows left in %s, %v, want %d: of the young demo and of somebody else", n, table, err, want)
			}
		}
	})
}
