package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// linesOf are the counts of the lines of a kind in the trail of ada, the oldest first.
func linesOf(t *testing.T, s *store.Store, kind audit.Kind) (counts []int) {
	t.Helper()
	events, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{kind}, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		counts = append(counts, events[len(events)-1-i].Count())
	}
	return counts
}

func addAt(t *testing.T, s *store.Store, after time.Duration, e audit.Event) {
	t.Helper()
	e.ID, e.At = audit.NewID(), at.Add(after)
	if err := s.AddEvent(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// Repeats within a minute of the first are one line, wherever a minute of the clock ends.
func TestRepeatsAreCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		fail := event("", "ada", audit.ReauthFail)
		for n := range 130 { // a second apart: three minutes are begun
			addAt(t, s, time.Duration(n)*time.Second, fail)
		}
		if got := fmt.Sprint(linesOf(t, s, audit.ReauthFail)); got != "[60 60 10]" {
			t.Errorf("130 events a second apart are lines of %s, want [60 60 10]", got)
		}
		first, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{audit.ReauthFail}, Limit: 3})
		if err != nil || len(first) != 3 || !first[2].At.Equal(at) || !first[1].At.Equal(at.Add(time.Minute)) {
			t.Errorf("lines %+v, %v, want each at the time of its first event", first, err)
		}
	})
}

// A line stands for events that say the same. Those that differ in anything are there themselves.
func TestWhatDiffersIsALine(t *testing.T) {
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0"
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		plain := event("", "ada", audit.Administered)
		plain.Client.IP, plain.Client.UserAgent = "2001:db8::1", fmt.Sprintf(firefox, 140, 140)
		same, reason, of, browser, network, other, role, note := plain, plain.Because("x"), plain, plain, plain, plain, plain, plain
		same.Client.IP, same.Client.UserAgent = "2001:db8::2", fmt.Sprintf(firefox, 141, 141) // free to choose, and says nothing new
		of.SessionID, browser.Client.UserAgent, network.Client.IP = "handle", "curl/8", "2001:db8:0:1::1"
		other.Other, role.Role, note.Note = "bea", "admin", "because"
		for _, e := range []audit.Event{plain, reason, of, browser, network, other, role, note, same} {
			addAt(t, s, 0, e)
		}
		got := linesOf(t, s, audit.Administered)
		total := 0
		for _, n := range got {
			total += n
		}
		if len(got) != 8 || total != 9 {
			t.Errorf("lines of %v events, want eight, one of them of two", got)
		}
		for range 3 {
			addAt(t, s, 0, event("", "ada", audit.SessionExpired).Because(string(session.ReasonIdle)))
		}
		if got := fmt.Sprint(linesOf(t, s, audit.SessionExpired)); got != "[1 1 1]" {
			t.Errorf("three endings are lines of %s, want a line each", got)
		}
	})
}

// However many arrive at once, none is lost, and they are one line.
func TestRepeatsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		const many = 40
		var wg sync.WaitGroup
		for n := range many {
			wg.Go(func() {
				e := event(fmt.Sprintf("e%d", n), "ada", audit.ReauthFail)
				if err := s.AddEvent(context.WithoutCancel(t.Context()), e); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := fmt.Sprint(linesOf(t, s, audit.ReauthFail)); got != fmt.Sprintf("[%d]", many) {
			t.Errorf("%d events at once are lines of %s", many, got)
		}
	})
}

// An event without an account writes what one with an account does: a line for each address, and a count in it for a repeat.
func TestAnonymousRepeats(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		fail := event("", "", audit.LoginFail)
		for range 5 {
			addAt(t, s, 0, fail.About("One@example.org"))
			addAt(t, s, 0, fail.About("two@example.org "))
			addAt(t, s, time.Second, fail.About("one@example.org"))
		}
		var lines, most, all int
		if err := s.DB().QueryRow(`SELECT count(*), max(times), CAST(sum(times) AS BIGINT) FROM stray_events`).Scan(&lines, &most, &all); err != nil {
			t.Fatal(err)
		}
		if lines != 2 || most != 10 || all != 15 {
			t.Errorf("%d lines of %d events, the longest of %d, want 2, 15, 10", lines, all, most)
		}
	})
}
