package auth

import (
	"net/mail"
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzEmailKey takes any text for an address: a key stands for one mailbox, and is its own key.
func FuzzEmailKey(f *testing.F) {
	f.Add("Ada@Example.ORG")
	f.Add("a b@example.org\r\nBcc: x@y.example")
	f.Add("\u0130@example.org")
	f.Fuzz(func(t *testing.T, typed string) {
		key, err := EmailKey(typed)
		if err != nil {
			return
		}
		if again, err := EmailKey(key); err != nil || again != key {
			t.Errorf("%q: got %q, whose own key is %q, %v", typed, key, again, err)
		}
		if a, err := mail.ParseAddress(key); err != nil || a.Address != key || strings.ContainsAny(key, "\r\n \x00") {
			t.Errorf("%q: got %q, which is not one address", typed, key)
		}
	})
}

// FuzzCleanName takes any text for a name: what is kept can be seen, and is kept as it is the next time.
func FuzzCleanName(f *testing.F) {
	f.Add("  Ada   Lovelace ")
	f.Add("\u202egnol\u2066 \u0645\u0631\u062d\u0628\u0627")
	f.Fuzz(func(t *testing.T, typed string) {
		name, err := CleanName(typed)
		if err != nil {
			return
		}
		if again, err := CleanName(name); err != nil || again != name {
			t.Errorf("%q: got %q, and %q, %v the next time", typed, name, again, err)
		}
		if utf8.RuneCountInString(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			t.Errorf("%q: kept %q", typed, name)
		}
	})
}

// FuzzNetworkOf takes any text for an address: neighbours are in one network, and nothing else is named.
func FuzzNetworkOf(f *testing.F) {
	f.Add("203.0.113.9")
	f.Add("::ffff:203.0.113.9")
	f.Add("2001:db8::1%eth0")
	f.Fuzz(func(t *testing.T, ip string) {
		got := networkOf(ip)
		if got == Loopback || got == UnknownNetwork {
			return
		}
		prefix, err := netip.ParsePrefix(got)
		addr, _ := netip.ParseAddr(ip)
		if err != nil || prefix != prefix.Masked() || !prefix.Contains(addr.Unmap().WithZone("")) {
			t.Errorf("%q: got %q, want the network it is in", ip, got)
		}
		if !prefix.Contains(netip.MustParseAddr(coarse(ip))) {
			t.Errorf("%q: its coarse form %q is in another network", ip, coarse(ip))
		}
	})
}
