package forwarded

import (
	"net/http"
	"net/netip"
	"testing"
)

const proxy, stranger = "192.0.2.1:4711", "203.0.113.9:4711"

// by are two ranges of proxies that name clients in that header.
func by(header string) Proxies {
	return Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:ffff::/48")}, Header: header}
}

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		peer, header string
		lines        []string
		want         string
		proxy        bool
		problem      string
	}{
		{stranger, XForwardedFor, []string{"198.51.100.7"}, "203.0.113.9", false, ""},
		{stranger, XForwardedFor, nil, "203.0.113.9", false, ""},
		{"[fe80::9%eth0]:4711", XForwardedFor, []string{"198.51.100.7"}, "fe80::9", false, ""},
		{"[::ffff:203.0.113.9]:4711", XForwardedFor, nil, "203.0.113.9", false, ""},
		{"@", XForwardedFor, []string{"198.51.100.7"}, "invalid IP", false, ""},
		{"", XForwardedFor, []string{"198.51.100.7"}, "invalid IP", false, ""},

		{"[::ffff:192.0.2.1]:4711", XForwardedFor, []string{"198.51.100.7"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"198.51.100.7"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"\t198.51.100.7:51008 "}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"[2001:db8::7]"}, "2001:db8::7", false, ""},
		{proxy, XForwardedFor, []string{"[2001:db8::7%1]:80"}, "2001:db8::7", false, ""},
		{proxy, XForwardedFor, []string{"2001:db8::7"}, "2001:db8::7", false, ""},
		{proxy, XForwardedFor, []string{"::ffff:198.51.100.7"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"198.51.100.1, 198.51.100.7, 2001:db8:ffff::1, 192.0.2.3"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"198.51.100.7, ::ffff:192.0.2.3"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"198.51.100.1", "198.51.100.7", "192.0.2.3,192.0.2.4"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"192.0.2.5", "192.0.2.3, 192.0.2.4"}, "192.0.2.5", true, ""},
		{proxy, XForwardedFor, []string{",198.51.100.7,, \t,"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{"for=198.51.100.7"}, "192.0.2.1", true, Unreadable},
		{proxy, XForwardedFor, []string{"198.51.100.7, junk, 192.0.2.3"}, "192.0.2.3", true, Unreadable},
		{proxy, XForwardedFor, []string{"junk, 198.51.100.7"}, "198.51.100.7", false, ""},
		{proxy, XForwardedFor, []string{" ,\t"}, "192.0.2.1", true, NoEntry},
		{proxy, XForwardedFor, []string{""}, "192.0.2.1", true, NoEntry},
		{proxy, XForwardedFor, nil, "192.0.2.1", true, NoEntry},

		{proxy, Forwarded, []string{"for=198.51.100.7"}, "198.51.100.7", false, ""},
		{proxy, Forwarded, []string{`FOR="198.51.100.7:80";proto=https`}, "198.51.100.7", false, ""},
		{proxy, Forwarded, []string{`by="a,b;for=10.0.0.1";For="[2001:db8::7]:_port"`}, "2001:db8::7", false, ""},
		{proxy, Forwarded, []string{`by="\",for=10.0.0.1" ; for=198.51.100.7`}, "198.51.100.7", false, ""},
		{proxy, Forwarded, []string{`for=198.51.100.1, for=198.51.100.7;by=192.0.2.4, for=192.0.2.4`}, "198.51.100.7", false, ""},
		{proxy, Forwarded, []string{`for="198.51.100.1`, `for=198.51.100.7`, `,for=192.0.2.4,`}, "198.51.100.7", false, ""},
		{proxy, Forwarded, []string{`for="198.51.100.1, for=198.51.100.7`}, "198.51.100.7", false, ""},
		{proxy, Forwarded, []string{`for=192.0.2.4`}, "192.0.2.4", true, ""},
		{proxy, Forwarded, []string{`for=unknown`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`for=_hidden, for=192.0.2.4`}, "192.0.2.4", true, Unreadable},
		{proxy, Forwarded, []string{`for="_hidden:80"`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`proto=https`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`for=`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`for=""`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`for="198.51.100.7`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`for=198.51.100.7;for=198.51.100.8`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{`198.51.100.7`}, "192.0.2.1", true, Unreadable},
		{proxy, Forwarded, []string{""}, "192.0.2.1", true, NoEntry},
	} {
		got := by(tt.header).Find(tt.peer, http.Header{tt.header: tt.lines, "X-Real-Ip": {"198.51.100.9"}})
		if got.Addr.String() != tt.want || got.Proxy != tt.proxy || got.Problem != tt.problem {
			t.Errorf("%s %s %q: got %v, want %s %t %q", tt.peer, tt.header, tt.lines, got, tt.want, tt.proxy, tt.problem)
		}
	}
}

// One header alone is read, and none where nobody is trusted.
func TestOtherHeader(t *testing.T) {
	both := http.Header{XForwardedFor: {"198.51.100.7"}, Forwarded: {"for=198.51.100.8"}}
	for want, proxies := range map[string]Proxies{"198.51.100.7": by(XForwardedFor), "198.51.100.8": by(Forwarded), "192.0.2.1": {}} {
		if got := proxies.Find(proxy, both); got.Addr.String() != want {
			t.Errorf("%v: got %v, want %s", proxies, got, want)
		}
	}
}

// What is cut off has to be a port.
func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"198.51.100.7:0": "198.51.100.7", "198.51.100.7:_a.B-9": "198.51.100.7", "[198.51.100.7]:1": "198.51.100.7", "[::1]:65535": "::1",
		"198.51.100.7:": "", "198.51.100.7:x": "", "198.51.100.7:123456": "", "198.51.100.7:_": "", "198.51.100.7:_a b": "", "[::1": "", "::1]": "",
		"[::1]80": "", "[::1]:": "", "[::1]x:1": "", "[]": "", ":1": "", "": "", "198.51.100": "", "198.51.100.07": "", "portal.test": "", " 198.51.100.7": "",
	} {
		got, ok := address(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", text, got, ok, want)
		}
	}
}

// FuzzForwarded lets a client write before what the proxies add, in their line or in one of its own. The client that is found
// is the one that they saw, and nobody who is not trusted is believed anything.
func FuzzForwarded(f *testing.F) {
	for _, claimed := range []string{
		"10.6.6.6", "10.6.6.6, unknown", `for="10.6.6.6`, `for=10.6.6.6\`, `for="10.6.6.6\"`, "192.0.2.9", "[::1", `for="[2001:db8::1]:80";by=_x`, ",,;;==", "\x00\xff\r\n",
	} {
		f.Add(claimed)
	}
	seen := map[string]string{XForwardedFor: "[2001:db8::7]:51008, 192.0.2.9", Forwarded: `for="[2001:db8::7]:51008";by=192.0.2.9, for=192.0.2.9`}
	f.Fuzz(func(t *testing.T, claimed string) {
		for header, added := range seen {
			for _, lines := range [][]string{{claimed + ", " + added}, {claimed, added}} {
				if got := by(header).Find(proxy, http.Header{header: lines}); got.Addr.String() != "2001:db8::7" || got.Proxy || got.Problem != "" {
					t.Errorf("%q: got %v", lines, got)
				}
			}
			got := by(header).Find(proxy, http.Header{header: {claimed}})
			if !got.Addr.IsValid() || got.Addr.Is4In6() || got.Addr.Zone() != "" || got.Proxy != by(header).trusts(got.Addr) || got.Problem != "" && !got.Proxy {
				t.Errorf("%q: got %v", claimed, got)
			}
			if got := by(header).Find(stranger, http.Header{header: {claimed}}); got.Addr.String() != "203.0.113.9" || got.Proxy || got.Problem != "" {
				t.Errorf("%q by a stranger: got %v", claimed, got)
			}
		}
	})
}
