package handlers

import (
	"strings"
	"testing"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/probe"
)

// Browsers send one cookie to all ports of a host: during development, who looks at one instance stays signed in to the other.
func TestLookingAtAnotherInstance(t *testing.T) {
	t.Parallel()
	here := newPortal(t)
	on := sqliteBackend(t)
	there := portalOn(t, on, func(o *Options, _ *settings) { o.Bag = bag.New(on.bags, testSealer(t), true, true, o.Log) })
	u := here.newUser("Two")
	for _, path := range []string{"/", "/login", probe.Bag, "/account", "/nothing", "/signed-out", "/session/state", "/email/confirm/x"} {
		token := here.signedIn(u).Token()
		if line := cookieLine(there.holding(token).Get(path)); line != "" {
			t.Errorf("%s: got Set-Cookie %q, want none", path, line)
		}
		if line := cookieLine(there.holding("x").Get(path)); !strings.Contains(line, "Max-Age=0") {
			t.Errorf("%s: a malformed cookie stays", path)
		}
	}
	own := there.signedIn(there.newUser("Own"))
	there.exec(`UPDATE sessions SET ended_at = $1, end_reason = 'revoked' WHERE ended_at IS NULL`, longAgo)
	if line := cookieLine(own.Get("/")); !strings.Contains(line, "Max-Age=0") {
		t.Error("the cookie of a session that ended here stays")
	}
}
