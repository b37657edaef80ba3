// Package device says what a User-Agent header and an address tell of whoever sends a request: the name of the browser,
// the network, what a session knows of both, and what is new. Both are the client's own word or a proxy's. It does not
// know what follows from a difference, nor where any of it is kept.
package device

// A Client is where a request came from. The user agent is the client's own word, the address the peer's or a trusted
// proxy's.
type Client struct {
	IP        string
	UserAgent string // at most 256 bytes, valid UTF-8
}
