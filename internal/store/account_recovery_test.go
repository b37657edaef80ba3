package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// TestNothingIsForgotten walks the schema: every table that belongs to people is exported or named with a reason, column
// by column, and goes with its person.
func TestNothingIsForgotten(t *testing.T) {
	s := storetest.SQLite(t)
	listed := map[string]bool{}
	for _, x := range store.Exports {
		for _, column := range x.Columns() {
			listed[x.Table()+"."+column] = true
		}
	}
	for name, reason := range store.NotExported {
		if listed[name] || reason == "" {
			t.Errorf("%s is exported and left out, or left out without a reason", name)
		}
		listed[name] = true
	}
	for _, table := range tables(t, s.DB()) {
		keys := references(t, s.DB(), table)
		if keys == "" && slices.Contains(columns(t, s.DB(), table), "user_id") {
			t.Errorf("%s.user_id refers to nobody: write REFERENCES users (id) ON DELETE CASCADE", table)
		}
		if table != "users" && keys == "" || listed[table] {
			delete(listed, table)
			continue
		}
		if table != "users" && keys != "CASCADE" {
			t.Errorf("%s: rows of a deleted account: %s, want CASCADE", table, keys)
		}
		for _, column := range columns(t, s.DB(), table) {
			if !listed[table+"."+column] {
				t.Errorf("%s.%s is neither exported nor left out with a reason", table, column)
			}
			delete(listed, table+"."+column)
		}
	}
	for name := range listed {
		t.Errorf("%s is not in the schema", name)
	}
}

func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return texts(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`)
}

func columns(t *testing.T, db *sql.DB, table string) []string {
	t.Helper()
	return texts(t, db, `SELECT name FROM pragma_table_info('`+table+`')`)
}

// references is what becomes of the table's rows when their user is deleted, "" when they are nobody's.
func references(t *testing.T, db *sql.DB, table string) string {
	t.Helper()
	return strings.Join(texts(t, db, `SELECT on_delete FROM pragma_foreign_key_list('`+table+`') WHERE "table" = 'users'`), " ")
}

func texts(t *testing.T, db *sql.DB, query string) (found []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func resetToken(user string) account.OneTimeToken {
	return account.OneTimeToken{TokenHash: "key-" + user, UserID: user, Purpose: "reset", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
}

func resetting(user string) account.ResetPasswordParams {
	return account.ResetPasswordParams{
		UserID: user, TokenHash: "key-" + user, PasswordHash: "new", At: at, Event: event("reset-"+user, user, audit.PasswordChange),
	}
}

// A key sets one password of one account, while it lasts and the account is not disabled; otherwise nothing changes.
func TestResetPassword(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for name, spoil := range map[string]func(r *account.ResetPasswordParams){
			"good":          func(*account.ResetPasswordParams) {},
			"unknown":       func(r *account.ResetPasswordParams) { r.TokenHash = "invented" },
			"too old":       func(r *account.ResetPasswordParams) { r.At = at.Add(time.Hour) },
			"other account": func(r *account.ResetPasswordParams) { r.UserID = "other" },
			"other purpose": func(r *account.ResetPasswordParams) {
				if _, err := s.DB().Exec(`UPDATE letter_keys SET purpose = 'unlock' WHERE token_hash = $1`, r.TokenHash); err != nil {
					t.Fatal(err)
				}
			},
			"disabled": func(r *account.ResetPasswordParams) {
				if _, err := s.DB().Exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, at, r.UserID); err != nil {
					t.Fatal(err)
				}
			},
		} {
			if name == "other account" {
				newUser(t, s, "other")
			}
			newUser(t, s, name)
			open(t, s, newSession("s-"+name, name))
			if err := s.ReplaceOneTimeToken(t.Context(), resetToken(name), 0, account.Press{}, event("asked-"+name, name, audit.PasswordResetRequested)); err != nil {
				t.Fatal(err)
			}
			r := resetting(name)
			spoil(&r)
			ended, err := s.ResetPassword(t.Context(), r)
			u, lookUp := s.UserByID(t.Context(), name)
			if lookUp != nil {
				t.Fatal(lookUp)
			}
			if name == "good" {
				if err != nil || len(ended) != 1 || u.PasswordHash != "new" || u.Epoch != 1 || row(t, s, "s-good").EndReason != session.ReasonPasswordChanged {
					t.Errorf("got %d ended, %+v, %v", len(ended), u, err)
				}
				if _, err := s.OneTimeToken(t.Context(), "key-good", "reset", at); !errors.Is(err, audit.ErrNotFound) {
					t.Errorf("the key is still there: %v", err)
				}
				continue
			}
			if !errors.Is(err, audit.ErrNotFound) || u.PasswordHash != "hash" || u.Epoch != 0 || !row(t, s, "s-"+name).EndedAt.IsZero() {
				t.Errorf("%s: got %v and %+v, want ErrNotFound and nothing changed", name, err, u)
			}
		}
	})
}

// Of many confirmations of one key exactly one counts, and of many undos as well (ASVS v5.0.0-2.3.4).
func TestEmailChangeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		change := account.EmailChange{ID: "c", UserID: "ada", Email: "Ada@example.net", NormalizedEmail: "ada@example.net", OldEmail: u.Email,
			OldNormalizedEmail: u.NormalizedEmail, AskedAt: at, ConfirmUntil: at.Add(time.Minute), UndoUntil: at.Add(2 * time.Hour)}
		err := s.RequestEmailChange(t.Context(), account.RequestEmailChangeParams{EmailChange: change, ConfirmHash: "confirm", StopHash: "stop", By: x.By(device.Client{}), Event: event("asked", "ada", audit.EmailChangeRequested)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.PendingEmailChange(t.Context(), "ada", at); err != nil || got != change {
			t.Errorf("got %+v, %v\nwant %+v", got, err, change)
		}
		newUser(t, s, "bob")
		open(t, s, newSession("bobs", "bob"))
		stolen := x
		stolen.TokenHash = "stolen"
		for what, c := range map[string]account.ConfirmEmailChangeParams{
			"too late": {TokenHash: "confirm", Rotation: session.Rotation{Session: x, At: at.Add(time.Minute)}}, "another account": {TokenHash: "confirm", Rotation: session.Rotation{Session: newSession("bobs", "bob"), At: at}},
			"another token of the email": {TokenHash: "stop", Rotation: session.Rotation{Session: x, At: at}}, "another token": {TokenHash: "confirm", Rotation: session.Rotation{Session: stolen, At: at}},
		} {
			c.NewTokenHash, c.UndoHash, c.UndoUntil = "refused "+what, "refused "+what, at.Add(time.Hour)
			_, err := s.ConfirmEmailChange(t.Context(), c)
			if !errors.Is(err, audit.ErrNotFound) && !errors.Is(err, auth.ErrEnded) {
				t.Errorf("%s: got %v, want ErrNotFound or ErrEnded", what, err)
			}
			if now, err := s.UserByID(t.Context(), "ada"); err != nil || now != u {
				t.Errorf("%s: got %+v, %v, want nothing changed", what, now, err)
			}
		}
		if got := race(4, func(i int) error {
			c := account.ConfirmEmailChangeParams{TokenHash: "confirm", Rotation: session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: fmt.Sprint("next", i)}, At: at}, UndoHash: fmt.Sprint("undo", i), UndoUntil: at.Add(3 * time.Hour)}
			_, err := s.ConfirmEmailChange(t.Context(), c)
			return err
		}); got != 1 {
			t.Errorf("%d confirmations counted, want 1", got)
		}
		if now, err := s.UserByID(t.Context(), "ada"); err != nil || now.Email != change.Email || now.NormalizedEmail != change.NormalizedEmail || now.Epoch != 1 {
			t.Errorf("got %+v, %v", now, err)
		}
		done, err := s.EmailChangeToUndo(t.Context(), "stop", at)
		if err != nil || !done.ConfirmedAt.Equal(at) || !done.ConfirmUntil.IsZero() {
			t.Fatalf("got %+v, %v", done, err)
		}
		if got := race(4, func(i int) error {
			_, _, err := s.UndoEmailChange(t.Context(), account.UndoEmailChangeParams{EmailChange: done, PasswordHash: "none", At: at, Event: event(fmt.Sprint("undone", i), "ada", audit.EmailChangeUndone)})
			return err
		}); got != 1 {
			t.Errorf("%d undos counted, want 1", got)
		}
		if now, err := s.UserByID(t.Context(), "ada"); err != nil || now.Email != u.Email || now.NormalizedEmail != u.NormalizedEmail || now.PasswordHash != "none" || now.Epoch != 2 {
			t.Errorf("got %+v, %v", now, err)
		}
	})
}

// Changes of address and endings of single sessions of one account do not block each other.
func TestEmailChangeAmongEndings(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		for round := range 10 {
			now, err := s.UserByID(t.Context(), "ada")
			if err != nil {
				t.Fatal(err)
			}
			sessions := make([]session.Session, 4)
			for i := range sessions {
				sessions[i] = newSession(fmt.Sprintf("r%d-%d", round, i), "ada")
				if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: sessions[i], Limit: 100, Epoch: now.Epoch}); err != nil {
					t.Fatal(err)
				}
			}
			name := fmt.Sprint("c", round)
			change := account.EmailChange{ID: name, UserID: "ada", Email: name + "@example.net", NormalizedEmail: name + "@example.net", OldEmail: now.Email,
				OldNormalizedEmail: now.NormalizedEmail, AskedAt: at, ConfirmUntil: at.Add(time.Minute), UndoUntil: at.Add(time.Hour)}
			err = s.RequestEmailChange(t.Context(), account.RequestEmailChangeParams{EmailChange: change, ConfirmHash: name, StopHash: "stop" + name, By: sessions[0].By(device.Client{}),
				Event: event("asked"+name, "ada", audit.EmailChangeRequested)})
			if err != nil {
				t.Fatal(err)
			}
			race(len(sessions), func(i int) error {
				var err error
				switch x := sessions[i]; i {
				case 0:
					_, err = s.ConfirmEmailChange(t.Context(), account.ConfirmEmailChangeParams{TokenHash: name, Rotation: session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "n" + name}, At: at}, UndoHash: "u" + name, UndoUntil: at.Add(time.Hour)})
				case 1:
					_, _, err = s.UndoEmailChange(t.Context(), account.UndoEmailChangeParams{EmailChange: change, At: at, Event: event("undone"+name, "ada", audit.EmailChangeUndone)})
				default:
					x.EndedAt, x.EndReason = at, session.ReasonRevoked
					_, err = s.EndSession(t.Context(), x, audit.Actor{}, nil)
				}
				if err != nil && !errors.Is(err, auth.ErrEnded) && !errors.Is(err, audit.ErrNotFound) {
					t.Errorf("round %d, %d: %v", round, i, err)
				}
				return err
			})
		}
		if now, err := s.UserByID(t.Context(), "ada"); err != nil || now.Email != u.Email {
			t.Errorf("got %q, %v, want the old address", now.Email, err)
		}
	})
}

// race does something n times at once and returns how often it succeeded.
func race(n int, do func(i int) error) (won int) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range errs {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	return won
}

// An account that its owner keeps at the last moment is kept, on both databases: the condition is in the DELETE.
func TestDeleteAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for i, id := range []string{"due", "kept", "later", "ordinary"} {
			newUser(t, s, id)
			x := newSession("s-"+id, id)
			open(t, s, x)
			if id == "ordinary" {
				continue
			}
			d := account.Deletion{By: x.By(device.Client{}), At: at, After: at.Add(time.Duration(max(1, i)) * time.Hour), Events: []audit.Event{event("asked-"+id, id, audit.DeletionRequested)}}
			if _, err := s.MarkForDeletion(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if _, err := s.MarkForDeletion(t.Context(), d); !errors.Is(err, auth.ErrConflict) {
				t.Errorf("twice: got %v, want ErrConflict", err)
			}
			if got := row(t, s, x.ID).EndReason; got != session.ReasonAccountDeleted {
				t.Errorf("the session ended for %q", got)
			}
		}
		back := newSession("back", "kept")
		if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: back, Limit: 10, Epoch: 1}); err != nil {
			t.Fatal(err)
		}
		stolen := back
		stolen.TokenHash = "stolen"
		if err := s.KeepAccount(t.Context(), stolen.By(device.Client{}), at, nil, event("kept-stolen", "kept", audit.DeletionStopped)); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("on another token: got %v, want ErrConflict", err)
		}
		if err := s.KeepAccount(t.Context(), back.By(device.Client{}), at, nil, event("kept-it", "kept", audit.DeletionStopped)); err != nil {
			t.Fatal(err)
		}
		if err := s.KeepAccount(t.Context(), back.By(device.Client{}), at, nil, event("kept-again", "kept", audit.DeletionStopped)); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("nothing to keep: got %v, want ErrConflict", err)
		}
		if ids, err := s.DeleteAccounts(t.Context(), at.Add(time.Hour-time.Microsecond), 10); err != nil || len(ids) != 0 {
			t.Errorf("before its time: %q, %v", ids, err)
		}
		ids, err := s.DeleteAccounts(t.Context(), at.Add(time.Hour), 10)
		if err != nil || !slices.Equal(ids, []string{"due"}) {
			t.Errorf("deleted %q, %v, want the one that is due", ids, err)
		}
		if n, err := s.CountUsers(t.Context()); err != nil || n != 3 {
			t.Errorf("%d accounts left, %v, want 3", n, err)
		}
	})
}

// Several instances that sweep at once delete each account once.
func TestDeleteAccountsTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for i := range 20 {
			newUser(t, s, fmt.Sprint("u", i))
		}
		if _, err := s.DB().Exec(`UPDATE users SET delete_after = $1`, at); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var all []string
		race(4, func(int) error {
			ids, err := s.DeleteAccounts(t.Context(), at, 100)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, ids...)
			if err != nil {
				t.Error(err)
			}
			return err
		})
		slices.Sort(all)
		if len(all) != 20 || len(slices.Compact(all)) != 20 {
			t.Errorf("%d deletions of 20 accounts", len(all))
		}
	})
}
