package store_test

import (
	"fmt"
	"slices"
	"testing"

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
			events = append(events, event(fmt.Sprintf("e%03d", i), "ada", audit.SessionRenewed))
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
