package session

import "example.com/gatehouse/internal/device"

// ClientChange says what happens when a session is used from a browser or a network that it does not know.
type ClientChange string

// The choices. Each of them leaves an event; the owner is told whichever it is.
const (
	ClientChangeFlag   ClientChange = "flag"   // the session is marked and goes on
	ClientChangeReauth ClientChange = "reauth" // it is marked, and waits until the person re-authenticates in it
	ClientChangeEnd    ClientChange = "end"    // it ends
)

// unknown returns what the session does not know of a client, "" for a client it knows and for a session that has yet
// to learn any. It runs with every request, so nothing is taken apart whose text is that of the sign-in or of the
// latest known browser.
func (s *Service) unknown(x Session, c device.Client) (changed device.Set) {
	if x.Known == "" {
		return ""
	}
	if c.UserAgent != x.UserAgent && (c.UserAgent != x.KnownAgent || c.UserAgent == "") { // a KnownAgent of "" is none
		changed = changed.With(s.policy.Browser.NewBrowser(x.Known, c.UserAgent))
	}
	if c.IP != x.IP {
		changed = changed.With(device.NewNetwork(x.Known, c.IP))
	}
	return changed
}
