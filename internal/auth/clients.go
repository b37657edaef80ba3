package auth

import (
	"net/netip"
	"slices"
	"strings"
)

// ClientChange says what happens when a session is used from a browser or a network that it does not know.
type ClientChange string

// The choices. Each of them leaves an event; the owner is told whichever it is.
const (
	ClientChangeFlag   ClientChange = "flag"   // the session is marked and goes on
	ClientChangeReauth ClientChange = "reauth" // it is marked, and waits until the person re-authenticates in it
	ClientChangeEnd    ClientChange = "end"    // it ends
)

// Clients is a list of browsers and networks, each once and one a line, the newest last. It is text because that is how
// it is stored, and so that a Session can be compared.
type Clients string

const (
	browserLine = "browser "
	networkLine = "network "
)

// knownOfAKind bounds how many browsers, and how many networks, a session knows. Each but the first of them costs its
// owner a press of a button, so more than a few are no habit.
const knownOfAKind = 8

// Browser returns the first browser in the list, "" without one.
func (c Clients) Browser() string { return c.first(browserLine) }

// Network returns the first network in the list, "" without one: a prefix in CIDR notation, Loopback or UnknownNetwork.
func (c Clients) Network() string { return c.first(networkLine) }

func (c Clients) first(kind string) string {
	for line := range strings.SplitSeq(string(c), "\n") {
		if name, ok := strings.CutPrefix(line, kind); ok {
			return name
		}
	}
	return ""
}

func (c Clients) has(line string) bool {
	for known := range strings.SplitSeq(string(c), "\n") {
		if known == line {
			return true
		}
	}
	return false
}

// with returns the list and what it did not have of the other, without the oldest that it has no room for.
func (c Clients) with(more Clients) Clients {
	var lines []string
	for line := range strings.SplitSeq(string(c+"\n"+more), "\n") {
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, kind := range []string{browserLine, networkLine} {
		room := knownOfAKind
		for i, line := range slices.Backward(lines) { // what a deletion moves has been visited
			if !strings.HasPrefix(line, kind) {
				continue
			}
			if room--; room < 0 {
				lines = slices.Delete(lines, i, i+1)
			}
		}
	}
	return Clients(strings.Join(lines, "\n"))
}

// kinds says what the list is about: "browser", "network" or "browser and network".
func (c Clients) kinds() string {
	switch {
	case c.Browser() == "":
		return "network"
	case c.Network() == "":
		return "browser"
	}
	return "browser and network"
}

// clients is the browser and the network of one client.
func (s *Service) clients(c Client) Clients {
	return Clients(browserLine + s.policy.Browser(c.UserAgent) + "\n" + networkLine + networkOf(c.IP))
}

// unknown returns what the session does not know of a client, "" for a client it knows and for a session that has yet
// to learn any. It runs with every request, so nothing is taken apart whose text is that of the sign-in or of the
// latest known browser.
func (s *Service) unknown(x Session, c Client) (changed Clients) {
	if x.Known == "" {
		return ""
	}
	if c.UserAgent != x.UserAgent && (c.UserAgent != x.KnownAgent || c.UserAgent == "") { // a KnownAgent of "" is none
		if line := browserLine + s.policy.Browser(c.UserAgent); !x.Known.has(line) {
			changed = changed.with(Clients(line))
		}
	}
	if c.IP != x.IP {
		if line := networkLine + networkOf(c.IP); !x.Known.has(line) {
			changed = changed.with(Clients(line))
		}
	}
	return changed
}

// Networks that are no prefix of an address.
const (
	Loopback       = "loopback" // all of it: a browser goes back and forth between ::1 and 127.0.0.1
	UnknownNetwork = "unknown"  // the address cannot be read
)

// networkOf is the part of an address that stays when a provider gives a home or an office another one: 24 bits of IPv4,
// 48 of IPv6. It is wider than what limits on attempts count by, because a false mark costs the owner's attention.
func networkOf(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return UnknownNetwork
	}
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() {
		return Loopback
	}
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	prefix, _ := addr.Prefix(bits)
	return prefix.String()
}
