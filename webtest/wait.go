package webtest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Patience is how long a test waits for something that happens at once on an idle machine.
const Patience = 90 * time.Second

// Until waits for something to become true. It checks at once and then less and less often, because most things happen
// soon and checking slows down a busy machine.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	Within(t, Patience, what, holds)
}

// Within is Until with another patience, for what takes long on any machine.
func Within(t testing.TB, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	pause := time.Millisecond
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
		pause = min(pause*3/2, 100*time.Millisecond)
	}
}

// Email is nobody's address yet, on any database.
func Email() string { return strings.ToLower(rand.Text())[:12] + "@example.org" }

// Network is a network of documentation's that no other test has: what its visitors do wrong does not count against those
// of other tests in the same Redis. An address in it ends with "::7" or the like.
func Network() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b)
	return fmt.Sprintf("2001:db8:%x:%x", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3])|1) // a 0 before "::" is never written
}
