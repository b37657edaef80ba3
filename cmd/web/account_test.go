package main

import (
	"strings"
	"testing"
)

// The name of an operator may be as long as it is said to, in any script.
func TestOperatorName(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name string
		want bool
	}{{strings.Repeat("ж", maxOperator), true}, {strings.Repeat("ж", maxOperator+1), false}, {" Ada\n Lovelace ", true}} {
		got, err := orderFlag{Operator: x.name}.by()
		if (err == nil) != x.want || x.want && got != strings.Join(strings.Fields(x.name), " ") {
			t.Errorf("%q: got %q, %v, want it taken: %t", x.name, got, err, x.want)
		}
	}
}
