package device

import (
	"fmt"
	"strings"
	"testing"
)

func TestNetworkOf(t *testing.T) {
	for ip, want := range map[string]string{
		"198.51.100.7": "198.51.100.0/24", "198.51.101.7": "198.51.101.0/24", "::ffff:198.51.100.250": "198.51.100.0/24",
		"2001:db8:40:1::1f": "2001:db8:40::/48", "2001:db8:40:ffff::": "2001:db8:40::/48", "2001:db8:41::": "2001:db8:41::/48",
		"fe80::1%eth0": "fe80::/48", "::1": Loopback, "127.0.0.1": Loopback, "127.9.9.9": Loopback, "::ffff:127.0.0.1": Loopback,
		"": UnknownNetwork, "198.51.100": UnknownNetwork, "example.org": UnknownNetwork,
	} {
		if got := (Client{IP: ip}).Network(); got != want {
			t.Errorf("network of %q: got %q, want %q", ip, got, want)
		}
	}
}

func TestClients(t *testing.T) {
	known := Set("browser A\nnetwork N")
	for more, want := range map[Set]Set{
		"": known, "browser A": known, "network M": "browser A\nnetwork N\nnetwork M", "browser N": "browser A\nnetwork N\nbrowser N",
	} {
		if got := known.With(more); got != want {
			t.Errorf("with(%q): got %q, want %q", more, got, want)
		}
	}
	if got := Set("").With(known); got != known {
		t.Errorf("got %q, want %q", got, known)
	}
	for part, want := range map[string]bool{"browser A": true, "network N": true, "browser N": false, "browser": false, "A": false, "": false} {
		if got := known.has(part); got != want {
			t.Errorf("has(%q): got %t, want %t", part, got, want)
		}
	}
	for clients, want := range map[Set]string{"browser A": "browser", "network N": "network", known: "browser and network"} {
		if got := clients.Kinds(); got != want {
			t.Errorf("kinds of %q: got %q, want %q", clients, got, want)
		}
	}
}

// When one kind is full, its oldest entry is dropped; the other kind is not affected.
func TestKnownClientsAreBounded(t *testing.T) {
	known := Set("browser A\nnetwork 0")
	for i := range 2 * knownOfAKind {
		known = known.With(Set(fmt.Sprint("network ", i)))
	}
	if n := strings.Count(string(known), networkLine); n != knownOfAKind || !known.has("browser A") {
		t.Errorf("%d networks in %q, want %d and the browser", n, known, knownOfAKind)
	}
	if known.has("network 7") || !known.has("network 8") || !known.has("network 15") {
		t.Errorf("got %q, want the newest", known)
	}
}
