package mail

import (
	"sync"
	"testing"
)

func TestOutboxKeepsTheNewest(t *testing.T) {
	var box Outbox
	var sending sync.WaitGroup
	for range 4 {
		sending.Go(func() {
			for range 100 {
				_ = box.Send(t.Context(), letter)
				box.Letters()
			}
		})
	}
	sending.Wait()
	_ = box.Send(t.Context(), Letter{To: "last@example.org"})
	got := box.Letters()
	if len(got) != 200 || got[0].To != "last@example.org" || got[1].To != letter.To {
		t.Errorf("got %d letters, the newest to %q and %q, want 200, to last@example.org and %q", len(got), got[0].To, got[1].To, letter.To)
	}
	got[0].To = "changed"
	if box.Letters()[0].To != "last@example.org" {
		t.Error("the caller's slice is the outbox's own")
	}
}
