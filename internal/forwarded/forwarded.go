// Package forwarded finds out whose address a request comes from, where proxies stand between the client and the portal. It
// knows neither which proxies there are nor what the address is for.
package forwarded

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Names of the headers that proxies name a client in.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded" // RFC 7239
)

// Problems of a trusted proxy. What is found in spite of them is the nearest address that is certain.
const (
	NoEntry    = "the header names nobody"
	Unreadable = "an entry of the header is no address"
)

// Proxies are those that are trusted to name a client, in that header alone.
type Proxies struct {
	Trusted []netip.Prefix // IPv4 as IPv4
	Header  string         // XForwardedFor or Forwarded
}

// A Client is who sent a request, as far as that is known.
type Client struct {
	Addr    netip.Addr // never IPv4 in IPv6, and without a zone; the zero Addr when even the peer's cannot be read
	Proxy   bool       // the address is in the ranges of trusted proxies, so that anybody may be behind it
	Problem string     // of a trusted proxy, "" for none
}

// Find walks from the peer, which is nearest, to the left of the header, for as long as each hop is trusted to name the one
// before it: the first that is not trusted is the client. Where all are trusted the furthest is.
func (p Proxies) Find(peer string, header http.Header) (c Client) {
	addr, ok := address(peer)
	if !ok || !p.trusts(addr) {
		return Client{Addr: addr}
	}
	c = Client{Addr: addr, Proxy: true, Problem: NoEntry}
	for _, line := range slices.Backward(header[p.Header]) {
		for rest := line; rest != ""; {
			var entry string
			if rest, entry = p.last(rest); entry == "" { // a list may have empty elements (RFC 9110 section 5.6.1.2)
				continue
			}
			if addr, ok = address(entry); !ok {
				c.Problem = Unreadable
				return c
			}
			c = Client{Addr: addr, Proxy: p.trusts(addr)}
			if !c.Proxy {
				return c
			}
		}
	}
	return c
}

func (p Proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p.Trusted, func(trusted netip.Prefix) bool { return trusted.Contains(addr) })
}

// last takes the last entry off a list, "" for an empty one.
func (p Proxies) last(list string) (rest, entry string) {
	if p.Header == Forwarded {
		return lastElement(list)
	}
	at := strings.LastIndexByte(list, ',')
	return list[:max(at, 0)], strings.Trim(list[at+1:], " \t")
}

// address reads an address with or without brackets and port.
func address(text string) (netip.Addr, bool) {
	host := text
	if inside, bracket := strings.CutPrefix(text, "["); bracket {
		var port string
		host, port, bracket = strings.Cut(inside, "]")
		if !bracket || port != "" && !isPort(port) {
			return netip.Addr{}, false
		}
	} else if at := strings.IndexByte(text, ':'); at >= 0 && at == strings.LastIndexByte(text, ':') {
		if host = text[:at]; !isPort(text[at:]) {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(host)
	return addr.Unmap().WithZone(""), err == nil
}

// isPort reports whether the text is a port behind its colon, by number or made up to hide it (RFC 7239 section 6.2).
func isPort(text string) bool {
	port, colon := strings.CutPrefix(text, ":")
	hidden, made := strings.CutPrefix(port, "_")
	if made {
		return colon && hidden != "" && strings.Trim(strings.ToLower(hidden), "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
	}
	return colon && port != "" && len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}
