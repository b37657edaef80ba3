package device

import "net/netip"

// customerOf is an IPv4 address, or the /64 of an IPv6 one.
func customerOf(addr netip.Addr) string {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits)
	return prefix.String()
}

// siteOf is the /48 of an IPv6 address, "" for IPv4.
func siteOf(addr netip.Addr) string {
	if addr.Is4() {
		return ""
	}
	prefix, _ := addr.Prefix(48)
	return prefix.String()
}
