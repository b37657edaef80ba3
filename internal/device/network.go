package device

import "net/netip"

// Networks that are no prefix of an address.
const (
	Loopback       = "loopback" // ::1 and 127.0.0.1 alike, because browsers switch between them
	UnknownNetwork = "unknown"  // the address cannot be read
)

// networkOf is 24 bits of IPv4 and 48 of IPv6. It is wider than what limits on attempts count by, because a false flag costs
// the owner's attention.
func networkOf(addr netip.Addr) string {
	if addr.IsLoopback() {
		return Loopback
	}
	return homeNetwork(addr).String()
}

func coarse(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	return homeNetwork(addr.Unmap().WithZone("")).Addr().String()
}

func homeNetwork(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	prefix, _ := addr.Prefix(bits) // no address is too short for that
	return prefix
}
