package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// administrator is an administrator with a session that is elevated.
func administrator(t *testing.T, s *store.Store, id string) session.Session {
	t.Helper()
	u := userOf(id)
	u.Role = auth.RoleAdmin
	if err := s.CreateUser(t.Context(), u, event("created-"+id, id, audit.UserCreated)); err != nil {
		t.Fatal(err)
	}
	x := newSession("s-"+id, id)
	open(t, s, x)
	elevate(t, s, x.ID, at.Add(15*time.Minute))
	return x
}

func elevate(t *testing.T, s *store.Store, id string, until time.Time) {
	t.Helper()
	if _, err := s.DB().ExecContext(t.Context(), `UPDATE sessions SET elevated_until = $1 WHERE id = $2`, until, id); err != nil {
		t.Fatal(err)
	}
}

func order(x session.Session, action admin.Action, userID string) admin.Change {
	return admin.Change{At: at, Order: admin.Order{
		Action: action, By: x.By(device.Client{}), ByRole: auth.RoleAdmin, UserID: userID, UserRole: auth.RoleAdmin, NewRole: auth.RoleMember, Reason: "why",
	}}
}

// Two administrators stop being that at the same moment, in whichever way: one of them stays.
func TestLastAdministratorRaced(t *testing.T) {
	ways := map[string]func(t *testing.T, s *store.Store, x session.Session) error{
		"steps down": func(t *testing.T, s *store.Store, x session.Session) error {
			_, err := s.Administer(t.Context(), order(x, admin.SetRole, x.UserID))
			return err
		},
		"leaves": func(t *testing.T, s *store.Store, x session.Session) error {
			_, err := s.MarkForDeletion(t.Context(), account.Deletion{By: x.By(device.Client{}), At: at, After: at.Add(time.Hour)})
			return err
		},
	}
	onBoth(t, func(t *testing.T, s *store.Store) {
		for name, way := range ways {
			for other, otherWay := range ways {
				for round := range 8 {
					run := fmt.Sprintf("%s-%s-%d-", name, other, round)
					a, b := administrator(t, s, run+"a"), administrator(t, s, run+"b")
					var errs [2]error
					var both sync.WaitGroup
					both.Go(func() { errs[0] = way(t, s, a) })
					both.Go(func() { errs[1] = otherWay(t, s, b) })
					both.Wait()
					refused := 0
					for _, err := range errs {
						if errors.Is(err, account.ErrLastAdministrator) {
							refused++
						} else if err != nil {
							t.Error(err)
						}
					}
					var left int
					err := s.DB().QueryRowContext(t.Context(), `
						SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND delete_after IS NULL`).Scan(&left)
					if err != nil || left != 1 || refused != 1 {
						t.Fatalf("%s, %s: %d administrators left, %d refused, %v, want one each", name, other, left, refused, err)
					}
					if _, err := s.DB().ExecContext(t.Context(), `UPDATE users SET role = 'member'`); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

// Two administrators act on each other at the same moment: nothing blocks for good, and whoever is second has no role any more.
func TestAdministratorsActOnEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for round := range 10 {
			a, b := administrator(t, s, fmt.Sprint("a", round)), administrator(t, s, fmt.Sprint("b", round))
			var errs [2]error
			var both sync.WaitGroup
			both.Go(func() { _, errs[0] = s.Administer(t.Context(), order(a, admin.SetRole, b.UserID)) })
			both.Go(func() { _, errs[1] = s.Administer(t.Context(), order(b, admin.Disable, a.UserID)) })
			both.Wait()
			done, refused := 0, 0
			for _, err := range errs {
				switch {
				case err == nil:
					done++
				case errors.Is(err, admin.ErrForbidden), errors.Is(err, auth.ErrConflict): // no role, or no session any more
					refused++
				}
			}
			if done != 1 || refused != 1 {
				t.Fatalf("got %v, want one done and one refused", errs)
			}
		}
	})
}

// What was true when the request came is checked again in the transaction: the session, its elevation, the role, the rank.
func TestAdministerIsConditional(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		theirs := newSession("theirs", "ada")
		open(t, s, theirs)
		x, other := administrator(t, s, "grace"), administrator(t, s, "other")
		change := order(x, admin.EndSessions, "ada")
		refused := func(what string, want error) {
			t.Helper()
			if _, err := s.Administer(t.Context(), change); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", what, err, want)
			}
			if !row(t, s, "theirs").EndedAt.IsZero() {
				t.Fatalf("%s: the session has ended", what)
			}
			change = order(x, admin.EndSessions, "ada")
		}
		elevate(t, s, x.ID, at)
		refused("no elevation", auth.ErrConflict)
		elevate(t, s, x.ID, at.Add(time.Minute))
		change.By.TokenHash = "replaced"
		refused("another token", auth.ErrConflict)
		change.UserID = "nobody"
		refused("nobody", audit.ErrNotFound)
		set := func(column string) {
			t.Helper()
			if _, err := s.DB().ExecContext(t.Context(), `UPDATE users SET `+column+` WHERE id = 'grace'`); err != nil {
				t.Fatal(err)
			}
		}
		set(`role = 'member'`)
		refused("the role is gone", admin.ErrForbidden)
		set(`role = 'support'`)
		refused("the role is another", admin.ErrForbidden)
		change.ByRole, change.Action = auth.RoleSupport, admin.Disable
		refused("support disables", admin.ErrForbidden)
		change.ByRole, change.UserID = auth.RoleSupport, other.UserID
		refused("support and an administrator", admin.ErrForbidden)
		set(`role = 'admin', disabled_at = created_at`)
		refused("disabled", admin.ErrForbidden)
		set(`disabled_at = NULL`)
		if ended, err := s.Administer(t.Context(), change); err != nil || len(ended) != 1 || ended[0].EndReason != session.ReasonAdmin {
			t.Errorf("got %v, %v, want one ended as admin", ended, err)
		}
	})
}

// A password reset that was ordered before the address changed is refused: its link would go to the old address.
func TestStartResetAfterChange(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		change := order(administrator(t, s, "grace"), admin.StartReset, "ada")
		change.Reset = account.OneTimeToken{TokenHash: "reset", UserID: "ada", Purpose: account.PurposeReset, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
		ada, err := s.UserByID(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		change.Epoch = ada.Epoch
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE users SET epoch = epoch + 1 WHERE id = 'ada'`); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Administer(t.Context(), change); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("got %v, want ErrConflict", err)
		}
		change.Epoch++
		if _, err := s.Administer(t.Context(), change); err != nil {
			t.Error(err)
		}
	})
}
