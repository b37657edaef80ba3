// Package device interprets the User-Agent header and the address of a request: the name of the browser, the network,
// which of both a session has seen before, and what is new. Neither can be trusted, because they come from the client
// or a proxy. It does not know what follows from a difference, nor where any of it is stored.
package device

// A Client is where a request came from. The user agent is text of the client; the address is that of the connection or
// named by a trusted proxy.
type Client struct {
	IP        string
	UserAgent string // at most 256 bytes, valid UTF-8
}
