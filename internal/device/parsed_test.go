package device

import (
	"fmt"
	"strings"
	"testing"
)

// What is remembered of user agents is bounded in number and in length, and right for those that are not remembered.
func TestParsedIsBounded(t *testing.T) {
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"
	for n := range 3 * maxParsed {
		Parse(fmt.Sprintf("%s %d", firefox, n))
		Parse(fmt.Sprintf("%s %d %s", firefox, n, strings.Repeat("x", maxAgent)))
		if got := Parse(firefox).Name; got != "Firefox on Linux" {
			t.Fatalf("got %q, want Firefox on Linux", got)
		}
	}
	if n := len(parsed.devices); n > maxParsed {
		t.Errorf("%d user agents are remembered, want at most %d", n, maxParsed)
	}
	for agent := range parsed.devices {
		if len(agent) > maxAgent {
			t.Errorf("%d bytes are remembered, want at most %d", len(agent), maxAgent)
		}
	}
}
