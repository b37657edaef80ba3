package handlers

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestWellKnownAddresses asks as a password manager does, signed in and not, and finds pages at what it is told.
func TestWellKnownAddresses(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	member := p.signedIn(p.newUser("Wilma"))
	for who, b := range map[string]*browser{"nobody": p.browser(), "a member": member} {
		if to := b.Get("/.well-known/change-password").Want(http.StatusFound).Header.Get("Location"); to != "/account/security/password" {
			t.Errorf("%s is led to %q", who, to)
		}
		var told map[string]string
		if err := json.Unmarshal([]byte(b.Get("/.well-known/passkey-endpoints").Want(http.StatusOK).Body), &told); err != nil {
			t.Fatal(err)
		}
		if page := portalURL.String() + "/account/security/passkeys"; told["enroll"] != page || told["manage"] != page {
			t.Errorf("%s is told %v, want %s", who, told, page)
		}
	}
	for _, page := range []string{"/account/security/password", "/account/security/passkeys"} {
		member.Get(page).Want(http.StatusOK)
	}
}
