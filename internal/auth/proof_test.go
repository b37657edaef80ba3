package auth

import (
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
)

// Nobody makes a proof for an account that is no demo, whatever they write into the value of it.
func TestProofOfDemo(t *testing.T) {
	later := time.Now().Add(time.Hour)
	if !ProofOfDemo(User{ID: audit.DemoID + "x", DemoUntil: later}).Complete() {
		t.Error("no proof for a demo account")
	}
	if ProofOfDemo(User{ID: audit.NewID(), DemoUntil: later}).Complete() {
		t.Error("a proof for an account that is no demo")
	}
}
