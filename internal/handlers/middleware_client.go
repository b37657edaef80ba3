package handlers

import (
	"crypto/rand"
	"net/http"
	"strings"
	"unicode/utf8"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/forwarded"
)

// maxUserAgent is how much of a User-Agent header is kept, in bytes.
const maxUserAgent = 256

// clientOf is where the request came from.
func clientOf(r *http.Request) device.Client { return exchangeOf(r).client }

// readClient describes where a request came from, once for all who ask.
func (a *app) readClient(r *http.Request) device.Client {
	agent := device.Printable(strings.ToValidUTF8(r.UserAgent(), "")) // rows are read in terminals too
	for len(agent) > maxUserAgent {
		_, size := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-size]
	}
	found, ip := a.Proxies.Find(r.RemoteAddr, r.Header), ""
	if found.Addr.IsValid() {
		ip = found.Addr.String()
	}
	if path := r.URL.Path; found.Problem != "" && path != "/healthz" && path != "/readyz" { // a proxy asks these by itself
		a.warnOfProxy(r, found)
	}
	c := device.NewClient(ip, agent, rand.Text())
	c.Proxy = found.Proxy
	return c
}

// warnOfProxy says once what a trusted proxy does wrong.
func (a *app) warnOfProxy(r *http.Request, found forwarded.Client) {
	if _, said := a.proxyProblems.LoadOrStore(found.Problem, true); said {
		return
	}
	a.Log.WarnContext(r.Context(), "a trusted proxy does not say whose request it passes on, so no limit of a network applies to it",
		"problem", found.Problem, "header", a.Proxies.Header, "proxy", found.Addr)
}
