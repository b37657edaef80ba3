package device

import "net/netip"

// Customer is the part of an address that one customer of a provider usually has alone. Limits by address count per
// customer.
func (c Client) Customer() string {
	addr, err := netip.ParseAddr(c.IP)
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits)
	return prefix.String()
}

// Site is the largest network that one customer with IPv6 may have, the /48. "" for IPv4.
func (c Client) Site() string {
	addr, err := netip.ParseAddr(c.IP)
	if err != nil || addr.Unmap().Is4() {
		return ""
	}
	prefix, _ := addr.WithZone("").Prefix(48)
	return prefix.String()
}
