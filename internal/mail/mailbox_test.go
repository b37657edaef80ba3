package mail

import (
	"sync"
	"testing"
)

func TestOutboxKeepsTheNewest(t *testing.T) {
	var box Mailbox
	var sending sync.WaitGroup
	for range 4 {
		sending.Go(func() {
			for range 100 {
				_ = box.Send(t.Context(), testEmail)
				box.Emails()
			}
		})
	}
	sending.Wait()
	_ = box.Send(t.Context(), Email{To: "last@example.org"})
	got := box.Emails()
	if len(got) != 200 || got[0].To != "last@example.org" || got[1].To != testEmail.To {
		t.Errorf("got %d emails, the newest to %q and %q, want 200, to last@example.org and %q", len(got), got[0].To, got[1].To, testEmail.To)
	}
	got[0].To = "changed"
	if box.Emails()[0].To != "last@example.org" {
		t.Error("the caller's slice is the outbox's own")
	}
}
