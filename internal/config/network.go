package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"example.com/gatehouse/internal/brand"
)

const defaultAddr = "localhost:8080"

// listeners reads ADDR and OPS_ADDR.
func (l *loader) listeners() {
	l.s.Addr = l.hostPort("ADDR", l.flags.Addr, defaultAddr)
	l.s.OpsAddr = l.hostPort("OPS_ADDR", l.flags.OpsAddr, "")
	if l.s.OpsAddr == "" || !l.fine("ADDR", "OPS_ADDR") {
		return
	}
	host, port, _ := net.SplitHostPort(l.s.OpsAddr)
	switch {
	case l.s.OpsAddr == l.s.Addr && port != "0":
		l.refuse("OPS_ADDR", "%q is also %s: metrics and profiles need a listener of their own", l.s.OpsAddr, brand.Env("ADDR"))
	case l.s.Production() && wildcard(host) && !l.s.OpsAnyNetwork:
		l.refuse("OPS_ADDR", "%q listens on every network: bind metrics and profiles to a private address, or say %s where nothing from outside gets there", l.s.OpsAddr, brand.Env("OPS_ANY_NETWORK"))
	}
}

func (l *loader) hostPort(name, text, byDefault string) string {
	if text == "" {
		return byDefault
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || !validPort(port) || host != "" && !validHost(host) {
		l.refuse(name, "%q is not host:port such as localhost:8080", text)
		return byDefault
	}
	return text
}

// proxies reads TRUSTED_PROXIES. Trusting everybody would let every client choose the address that is limited and logged.
func (l *loader) proxies() {
	for text := range strings.SplitSeq(l.flags.TrustedProxies, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		switch {
		case err != nil || prefix.Addr().Is4In6():
			l.refuse("TRUSTED_PROXIES", "%q is neither an address nor a CIDR such as 10.0.0.0/8", text)
		case prefix.Bits() == 0:
			l.refuse("TRUSTED_PROXIES", "%q trusts everybody: name the proxies", text)
		default:
			l.s.TrustedProxies = append(l.s.TrustedProxies, prefix.Masked())
		}
	}
	served := l.s.TLSCert != "" || l.s.ACMEDomain != ""
	if l.s.Production() && !served && len(l.s.TrustedProxies) == 0 && l.fine("TRUSTED_PROXIES", "BASE_URL") {
		l.warn("TRUSTED_PROXIES", "is empty though something else terminates TLS: all clients will seem to come from one address")
	}
}

// validHost accepts an IP address or an ASCII host name. Browsers send other names in their ASCII form, so they would
// never match.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

func wildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.Unmap().IsUnspecified()
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
