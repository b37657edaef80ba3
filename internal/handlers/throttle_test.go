package handlers

import (
	"testing"
	"time"
)

// A page never names a shorter wait than its header, or whoever does as it says is refused again.
func TestWaitIsRoundedUp(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		1: "1 second", time.Second: "1 second", time.Minute - 1: "1 minute", time.Minute + 1: "1 minute 1 second",
		time.Hour: "1 hour", time.Hour + time.Second: "1 hour 1 minute", 2*time.Hour - 1: "2 hours",
		24 * time.Hour: "24 hours", 48*time.Hour + 1: "2 days 1 hour",
	} {
		if got := tooManyAttempts(wait); got != "There were too many attempts. Please try again in "+want+"." {
			t.Errorf("%s: got %q, want %q", wait, got, want)
		}
	}
}
