// Package device interprets the User-Agent header and the address of a request: the name of the browser, the network,
// which of both a session has seen before, and what is new. Neither can be trusted, because they come from the client
// or a proxy. It does not know what follows from a difference, nor where any of it is stored.
package device

import (
	"cmp"
	"net/netip"
	"sync"
)

// A Client is where a request came from. The user agent is text of the client; the address is that of the connection or
// named by a trusted proxy.
type Client struct {
	IP        string
	UserAgent string // at most 256 bytes, valid UTF-8
	RequestID string // in the log; "" for a client that a row remembers
	Proxy     bool   // the address is in the ranges of trusted proxies, so anybody may be behind it

	read *reading // nil for a client that a row remembers
}

// NewClient returns the client of one request. It is made where the request comes in and handed down, so that the address
// and the user agent are taken apart once, when somebody first asks what they say.
func NewClient(ip, userAgent, requestID string) Client {
	return Client{IP: ip, UserAgent: userAgent, RequestID: requestID, read: &reading{ip: ip, userAgent: userAgent}}
}

// A reading is what an address and a user agent say. Each is read on its own, because most requests need one or neither.
type reading struct {
	ip, userAgent string

	address                 sync.Once
	customer, site, network string

	agent sync.Once
	name  string
}

func (c Client) reading() *reading {
	if c.read != nil && c.read.ip == c.IP && c.read.userAgent == c.UserAgent {
		return c.read
	}
	return &reading{ip: c.IP, userAgent: c.UserAgent}
}

func (r *reading) readAddress() *reading {
	r.address.Do(func() {
		addr, err := netip.ParseAddr(r.ip)
		if err != nil {
			r.customer, r.network = UnknownNetwork, UnknownNetwork
			return
		}
		addr = addr.Unmap().WithZone("")
		r.customer, r.site, r.network = customerOf(addr), siteOf(addr), networkOf(addr)
	})
	return r
}

// Customer is the part of an address that one customer of a provider usually has alone. Limits by address count per
// customer.
func (c Client) Customer() string { return c.reading().readAddress().customer }

// Site is the largest network that one customer with IPv6 may have, the /48. "" for IPv4.
func (c Client) Site() string { return c.reading().readAddress().site }

// Largest is the largest network that one customer may have: the /48 of IPv6, the address of IPv4.
func (c Client) Largest() string { return cmp.Or(c.Site(), c.Customer()) }

// Network is the part of an address that stays when a provider gives a home or an office another one.
func (c Client) Network() string { return c.reading().readAddress().network }

// Name names the browser and its system, as Name does.
func (c Client) Name() string {
	r := c.reading()
	r.agent.Do(func() { r.name = Name(r.userAgent) })
	return r.name
}

// Coarse is the client without the part of its address that Network leaves out; without an address if it cannot be read.
func (c Client) Coarse() Client {
	c.IP, c.read = coarse(c.IP), nil
	return c
}
