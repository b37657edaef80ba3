package device

import (
	"net/netip"
	"strings"
	"testing"
)

// FuzzNetworkOf takes any text for an address: neighbours are in one network, and nothing else is named.
func FuzzNetworkOf(f *testing.F) {
	f.Add("203.0.113.9")
	f.Add("::ffff:203.0.113.9")
	f.Add("2001:db8::1%eth0")
	f.Fuzz(func(t *testing.T, ip string) {
		got := (Client{IP: ip}).Network()
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

// FuzzName takes any text for a User-Agent header: what is said of it comes from the lists.
func FuzzName(f *testing.F) {
	f.Add("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0")
	f.Add("<script>alert(1)</script> Chrome/1.0 on Windows")
	f.Add("curl/8.5.0")
	f.Fuzz(func(t *testing.T, agent string) {
		name, system, _ := strings.Cut(Name(agent), " on ")
		if name != UnknownBrowser && !among(browsers, name) || system != "" && !among(systems, system) {
			t.Errorf("%q: got %q on %q", agent, name, system)
		}
	})
}

func among(names map[string]string, name string) bool {
	for _, known := range names {
		if name == known {
			return true
		}
	}
	return false
}
