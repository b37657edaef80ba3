package device

import "net/netip"

// Networks that are no prefix of an address.
const (
	Loopback       = "loopback" // ::1 and 127.0.0.1 alike, because browsers switch between them
	UnknownNetwork = "unknown"  // the address cannot be read
)

// NetworkOf is the part of an address that stays the same when a provider assigns a home or an office another address:
// 24 bits of IPv4, 48 of IPv6. It is wider than the network that limits count by, because a false alarm costs the
// owner's attention.
func NetworkOf(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return UnknownNetwork
	}
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() {
		return Loopback
	}
	return homeNetwork(addr).String()
}

// Coarse is an address without what NetworkOf leaves out of it, "" for one that cannot be read.
func Coarse(ip string) string {
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
