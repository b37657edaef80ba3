package handlers

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"example.com/gatehouse/internal/brand"
)

// refuseOtherHosts answers in development only under the name of the base URL and on this machine. Another name that leads here
// may be a stranger's, whose page could then read the emails of the development mailbox as its own (DNS rebinding). The probes
// of a balancer have names of their own.
func (a *app) refuseOtherHosts(next http.Handler) http.Handler {
	if !a.Development {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.Path; a.isOurHost(r.Host) || path == "/healthz" || path == "/readyz" {
			next.ServeHTTP(w, r)
			return
		}
		plain(w, http.StatusMisdirectedRequest, fmt.Sprintf("This portal runs for development, under %s alone.\n"+
			"Set %s to reach it under another name.\n", a.BaseURL, brand.Env("BASE_URL")))
	})
}

func (a *app) isOurHost(host string) bool {
	name := strings.ToLower((&url.URL{Host: host}).Hostname())
	if name == strings.ToLower(a.BaseURL.Hostname()) || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}
