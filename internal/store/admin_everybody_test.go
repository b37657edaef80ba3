package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

// Everybody is signed out in batches, each at its own time. A transaction that the database has undone and that is repeated
// leaves its events in the log once, as in the trails.
func TestEndEverybodyInBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		x := administrator(t, s, "grace")
		const others = 201
		for i := range others {
			id := fmt.Sprintf("u%03d", i)
			newUser(t, s, id)
			open(t, s, newSession("of-"+id, id))
		}
		later := time.Now().UTC().Add(time.Hour)
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE sessions SET idle_expires_at = $1, expires_at = $1, elevated_until = $1`, later); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		service, emails := admin.New(s, audit.NewTrail(s, slog.New(slog.NewTextHandler(&log, nil)))), 0
		o := admin.Order{By: x.By(device.Client{}), ByRole: auth.RoleAdmin, Reason: "why"}
		ended, err := service.EndEverybody(t.Context(), o, func(u auth.User, _ string) (mail.Row, error) {
			if emails++; emails == 2 {
				return mail.Row{}, &pgconn.PgError{Code: "40P01"}
			}
			return newEmail(u.ID, at), nil
		})
		if err != nil || ended != others {
			t.Fatalf("%d sessions ended, %v, want %d", ended, err, others)
		}
		if n := strings.Count(log.String(), "reason=end-everybody"); n != others+1 {
			t.Errorf("%d lines in the log, want one of each person and one of the administrator", n)
		}
		var times int
		if err := s.DB().QueryRowContext(t.Context(), `SELECT count(DISTINCT ended_at) FROM sessions`).Scan(&times); err != nil || times != 2 {
			t.Errorf("%d times, %v, want one of each batch", times, err)
		}
	})
}
