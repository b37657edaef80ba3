package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

func emailOf(id, sender string, class mail.Class, due time.Time) mail.Row {
	r := newEmail(id, due)
	r.Sender, r.Class = sender, class
	return r
}

// claimAll returns the ids in the order in which the emails leave.
func claimAll(t *testing.T, s *store.Store) (ids []string) {
	t.Helper()
	for {
		r, err := s.ClaimEmail(t.Context(), at, at.Add(time.Hour))
		if errors.Is(err, mail.ErrNoneDue) {
			return ids
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
}

// What people wait for passes reports, and these pass others of a sender with many waiting: a burst of one delays nobody else.
func TestEmailsLeaveInTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		long := at.Add(-time.Second)
		addEmails(t, s, emailOf("everybody", "c", mail.ToEverybody, long))
		for i := range 3 {
			addEmails(t, s, emailOf(fmt.Sprint("burst ", i), "a", mail.Report, long))
		}
		addEmails(t, s, emailOf("of another", "b", mail.Report, at), emailOf("second of another", "b", mail.Report, at),
			emailOf("reset of another", "d", mail.Awaited, at), emailOf("reset of the burst", "a", mail.Awaited, long),
			emailOf("older reset", "e", mail.Awaited, long), emailOf("not yet", "f", mail.Awaited, at.Add(time.Minute)))
		want := []string{
			"older reset", "reset of another", "reset of the burst", "burst 0", "of another", "burst 1", "second of another", "burst 2", "everybody",
		}
		if got := claimAll(t, s); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// However many emails come that somebody waits for, faster than any can leave, an alarm leaves a while after it was due.
func TestReportsLeaveUnderAFlood(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		addEmails(t, s, emailOf("alarm", "owner", mail.Report, at))
		for second := range 200 {
			now := at.Add(time.Duration(second) * time.Second)
			for i := range 2 {
				id := fmt.Sprint("flood ", second, " ", i)
				addEmails(t, s, emailOf(id, id, mail.Awaited, now))
			}
			r, err := s.ClaimEmail(t.Context(), now, now.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if r.ID == "alarm" {
				if second < 100 {
					t.Errorf("the alarm passed others that were due within a minute of it")
				}
				return
			}
		}
		t.Error("the alarm waits behind 200 emails that came later")
	})
}

// One sender has so many waiting and no more; others have room all the same, and the sender has again when one has left.
func TestOneSenderDoesNotFillTheOutbox(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		add := func(id, sender string) error {
			return s.AddEmail(t.Context(), emailOf(id, sender, mail.Report, at), 1000)
		}
		for i := range mail.MaxOfSender {
			if err := add(fmt.Sprint(i), "a"); err != nil {
				t.Fatal(err)
			}
		}
		if err := add("one more", "a"); !errors.Is(err, mail.ErrFull) {
			t.Errorf("one more of the sender: got %v, want ErrFull", err)
		}
		if err := add("of another", "b"); err != nil {
			t.Errorf("of another: got %v, want nil", err)
		}
		if all, ofSender, err := s.CountEmailsOf(t.Context(), "a"); all != mail.MaxOfSender+1 || ofSender != mail.MaxOfSender || err != nil {
			t.Errorf("got %d and %d, %v", all, ofSender, err)
		}
		if err := errors.Join(s.DeleteEmail(t.Context(), "0"), add("again", "a")); err != nil {
			t.Errorf("after one has left: got %v, want nil", err)
		}
		row := emailOf("to everybody", "a", mail.ToEverybody, at)
		if err := s.AddEmail(t.Context(), row, row.Most()); err != nil {
			t.Errorf("to everybody: got %v, want the bound of its class alone", err)
		}
	})
}

// Instances that claim at the same moment all get an email as long as there is one: none goes away with nothing to do.
func TestClaimingInstancesFindWork(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		const workers = 8
		for i := range workers {
			addEmails(t, s, emailOf(fmt.Sprint(i), fmt.Sprint(i), mail.Awaited, at))
		}
		var claiming sync.WaitGroup
		for range workers {
			claiming.Go(func() {
				if _, err := s.ClaimEmail(t.Context(), at, at.Add(time.Hour)); err != nil {
					t.Errorf("got %v, want one email for each", err)
				}
			})
		}
		claiming.Wait()
	})
}

// The next email is found by the index that has the order, however many wait, and so is what a sender has waiting.
func TestEmailsAreClaimedByAnIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		_, err := s.DB().ExecContext(t.Context(), `
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO letters (id, sealed, attempts, created_at, due_at, expires_at, class, sender, place)
			SELECT CAST(i AS TEXT), '', 0, $2, $2, $2, i % 3, CAST(i % 200 AS TEXT), i FROM n`, mail.MaxQueued, at)
		if err == nil {
			_, err = s.DB().ExecContext(t.Context(), `ANALYZE`)
		}
		if err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]struct {
			index string
			args  []any
		}{
			store.ClaimQuery: {"letters_order", []any{at, at, at, 0}},
			store.DueQuery:   {"letters_due_at", []any{at.Add(-time.Hour)}},
			`SELECT count(*) FROM letters WHERE sender = $1 AND sender <> ''`: {"letters_sender", []any{"7"}},
		} {
			text := strings.Join(plan(t, s, query, want.args), "\n")
			if !strings.Contains(text, want.index) || strings.Contains(text, "Sort") || strings.Contains(text, "TEMP B-TREE") {
				t.Errorf("%s\nis not read from the index %s in its order:\n%s", query, want.index, text)
			}
		}
	})
}
