package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// What happens at once may bring more events than one statement takes.
func TestManyEventsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		var events []audit.Event
		for i := range 250 {
			events = append(events, event(fmt.Sprintf("e%03d", i), "ada", audit.SessionRenewed).Because(strconv.Itoa(i)))
		}
		if err := s.Rotate(t.Context(), session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "token-next"}, At: at}, events...); err != nil {
			t.Fatal(err)
		}
		got, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{audit.SessionRenewed}, Limit: 1000})
		if err != nil || len(got) != len(events) {
			t.Fatalf("got %d events, %v, want %d", len(got), err, len(events))
		}
		slices.Reverse(got)
		if !slices.Equal(got, events) {
			t.Error("the events that came back are not those")
		}
	})
}

// However many rows are old, all of them go and no other.
func TestPruneInBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		for before, n := range map[time.Duration]int{time.Hour: 4500, 0: 3} {
			_, err := s.DB().ExecContext(t.Context(), `
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
				INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
				SELECT CAST($2 AS TEXT) || i, 'ada', '', 'session_renewed', '', '', '', $3 FROM n`, n, before.String(), at.Add(-before))
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.PruneEvents(t.Context(), at.Add(-time.Minute), at); err != nil {
			t.Fatal(err)
		}
		var old, all int
		err := s.DB().QueryRowContext(t.Context(), `SELECT count(*) FILTER (WHERE at < $1), count(*) FROM events`, at).Scan(&old, &all)
		if err != nil || old != 0 || all < 3 {
			t.Errorf("%d old events of %d are left, %v, want none", old, all, err)
		}
	})
}
