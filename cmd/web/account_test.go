package main

import (
	"strings"
	"testing"
)

// The name of an operator may be as long as it is said to, in any script.
func TestOperatorName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		strings.Repeat("ж", maxOperator): true, strings.Repeat("ж", maxOperator+1): false, " Ada\n Lovelace ": true,
	} {
		got, err := orderFlag{Operator: name}.by()
		if (err == nil) != want || want && got != strings.Join(strings.Fields(name), " ") {
			t.Errorf("%q: got %q, %v, want it taken: %t", name, got, err, want)
		}
	}
}
