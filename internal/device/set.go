package device

import (
	"slices"
	"strings"
)

// A Set is a list of browsers and networks, each once and one per line, the newest last. It is a string because it is
// stored as text, and so that a Session is comparable.
type Set string

const (
	browserLine = "browser "
	networkLine = "network "
)

// knownOfAKind bounds how many browsers, and how many networks, a session knows. The owner confirmed each but the first
// with a button, so a legitimate session has only a few.
const knownOfAKind = 8

// Browser returns the first browser in the list, "" without one.
func (s Set) Browser() string { return first(s.Browsers()) }

// Network returns the first network in the list, "" without one: a prefix in CIDR notation, Loopback or UnknownNetwork.
func (s Set) Network() string { return first(s.Networks()) }

// Browsers returns the browsers in the list.
func (s Set) Browsers() []string { return s.of(browserLine) }

// Networks returns the networks in the list.
func (s Set) Networks() []string { return s.of(networkLine) }

func (s Set) of(kind string) (names []string) {
	for line := range strings.SplitSeq(string(s), "\n") {
		if name, ok := strings.CutPrefix(line, kind); ok {
			names = append(names, name)
		}
	}
	return names
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func (s Set) has(line string) bool {
	for known := range strings.SplitSeq(string(s), "\n") {
		if known == line {
			return true
		}
	}
	return false
}

// With returns the list with what is new in the other, without the oldest lines if there are too many.
func (s Set) With(more Set) Set {
	var lines []string
	for line := range strings.SplitSeq(string(s+"\n"+more), "\n") {
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, kind := range []string{browserLine, networkLine} {
		room := knownOfAKind
		for i, line := range slices.Backward(lines) { // backward, because a deletion moves only lines that were visited
			if !strings.HasPrefix(line, kind) {
				continue
			}
			if room--; room < 0 {
				lines = slices.Delete(lines, i, i+1)
			}
		}
	}
	return Set(strings.Join(lines, "\n"))
}

// Kinds says what the list is about: "browser", "network" or "browser and network".
func (s Set) Kinds() string {
	switch {
	case s.Browser() == "":
		return "network"
	case s.Network() == "":
		return "browser"
	}
	return "browser and network"
}

// A Namer names the browser of a client. Versions must not show in the name.
type Namer func(c Client) string

// SetOf is the browser and the network of one client.
func (name Namer) SetOf(c Client) Set {
	return Set(browserLine + name(c) + "\n" + networkLine + c.Network())
}

// NewBrowser is the browser of a client if the set does not have it, else "".
func (name Namer) NewBrowser(known Set, c Client) Set { return known.missing(browserLine + name(c)) }

// NewNetwork is the network of a client if the set does not have it, else "".
func NewNetwork(known Set, c Client) Set { return known.missing(networkLine + c.Network()) }

func (s Set) missing(line string) Set {
	if s.has(line) {
		return ""
	}
	return Set(line)
}

// Knows reports whether one of the sets has the browser of a client and one has its network. It need not be the same
// set, because a known laptop in the known network of a phone is not suspicious.
func Knows(sets []Set, c Set) bool {
	browser, network := false, false
	for _, known := range sets {
		browser = browser || known.has(browserLine+c.Browser())
		network = network || known.has(networkLine+c.Network())
	}
	return browser && network
}
