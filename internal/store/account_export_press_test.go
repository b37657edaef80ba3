package store_test

import (
	"errors"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// A big account is read and its file made while somebody else writes: neither waits for the other, although SQLite has one
// writer at a time.
func TestExportWhileOthersWrite(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		_, err := s.DB().ExecContext(t.Context(), `
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
			INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
			SELECT 'event' || i, 'ada', 'one', 'kind', '', '192.0.2.1', 'agent', $1 FROM n`, at)
		if err != nil {
			t.Fatal(err)
		}
		others := storetest.Twin(t, s)
		other, err := others.DB().BeginTx(t.Context(), nil) // on SQLite it has the lock of the writer from here on
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Rollback() }()
		if _, err := other.ExecContext(t.Context(), `UPDATE users SET name = 'Other' WHERE id = 'ada'`); err != nil {
			t.Fatal(err)
		}
		e := event("export", "ada", audit.SensitiveRead)
		err = s.Export(t.Context(), x.By(device.Client{}), e, func(tables []account.Table) (p account.Press, err error) {
			for _, table := range tables {
				if n := len(table.Rows); table.Name == "events" && (n < 20_000 || table.Rows[n-1]["id"] != e.ID) {
					t.Errorf("%d events, want all, and the last that of the export", n)
				}
			}
			return pressOfExport("export"), errors.Join(other.Commit(), others.AddEvent(t.Context(), event("other", "ada", audit.ReauthFail)))
		})
		if err != nil {
			t.Fatal(err)
		}
		if acts, events := count(t, s, `SELECT count(*) FROM acts`), count(t, s, `SELECT count(*) FROM events WHERE id IN ('export', 'other')`); acts != 1 || events != 2 || emails(t, s) != 1 {
			t.Errorf("%d acts, %d events and %d emails, want 1, 2 and 1", acts, events, emails(t, s))
		}
	})
}

func pressOfExport(key string) account.Press {
	return account.Press{
		Act:    &act.Record{Key: key, Answer: []byte("sealed"), ExpiresAt: at.Add(act.Valid)},
		Emails: []mail.Row{{ID: "email-" + key, Sealed: []byte("sealed"), CreatedAt: at, DueAt: at, ExpiresAt: at.Add(time.Hour)}},
	}
}

// An export that lost against another press of the same form, or whose session ended while its file was made, leaves nothing.
func TestExportThatLost(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for name, first := range map[string]func(x session.Session) error{
			"press": func(session.Session) error {
				return s.AddPress(t.Context(), account.Press{Act: pressOfExport("press").Act})
			},
			"session": func(x session.Session) error {
				return second(s.EndSession(t.Context(), x.Over(at, session.ReasonRevoked, ""), audit.Actor{UserID: x.UserID}, nil))
			},
		} {
			newUser(t, s, name)
			x := newSession("s-"+name, name)
			open(t, s, x)
			e := event("export-"+name, name, audit.SensitiveRead)
			err := s.Export(t.Context(), x.By(device.Client{}), e, func([]account.Table) (account.Press, error) {
				return pressOfExport(name), first(x)
			})
			if n := count(t, s, `SELECT count(*) FROM events WHERE kind = 'sensitive_read'`); !errors.Is(err, auth.ErrConflict) || n != 0 || emails(t, s) != 0 {
				t.Errorf("%s: got %v with %d events and %d emails, want ErrConflict and nothing", name, err, n, emails(t, s))
			}
		}
	})
}
