package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/internal/brand"
)

const (
	// askWithin bounds the request through the proxy.
	askWithin = 10 * time.Second
	// renewBefore is how long before its end a certificate should have been renewed.
	renewBefore = 7 * 24 * time.Hour
)

// request asks the portal through its base URL, as a browser would, and looks at what arrived.
func (d *doctor) request(ctx context.Context) {
	if d.c.BaseURL.Port() == "0" {
		d.add("base URL", notChecked, "", "the port is chosen at the start")
		return
	}
	if d.sealer == nil {
		d.add("base URL", notChecked, "", "there is no key yet to ask the portal with")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	arrived, err := d.ask(ctx)
	var other otherServerError
	switch {
	case errors.As(err, &other):
		d.problem("base URL", "let "+d.c.Origin()+" lead to this portal", "%v", err)
	case err != nil && (healthcheckCommand{}).Run(d.s, d.flags) == nil:
		d.problem("base URL", "see to the name, the certificate and the proxy of "+d.c.Origin(), "the portal runs, and %s does not lead to it: %v", d.c.Origin(), err)
	case err != nil:
		d.add("base URL", notChecked, "", "the portal does not answer at %s (%v): start it and its proxy, and run this again", d.c.Origin(), err)
	default:
		d.arrived(arrived)
	}
}

// otherServerError means that something answered that does not know the question.
type otherServerError struct{ status int }

func (n otherServerError) Error() string {
	return fmt.Sprintf("something else answers there (status %d), or a portal with other keys or of an older version", n.status)
}

// ask sends the question with what a browser sends along.
func (d *doctor) ask(ctx context.Context) (arrived seen, err error) {
	value, err := question(d.sealer, time.Now())
	if err != nil {
		return arrived, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.c.Origin()+doctorPath, nil)
	if err != nil {
		return arrived, err
	}
	r.Header.Set(doctorHeader, value)
	r.Header.Set("Origin", d.c.Origin())
	r.AddCookie(&http.Cookie{Name: brand.Cookie(brand.SessionCookie, d.c.Secure()), Value: "doctor"})
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return arrived, err
	}
	defer answer.Body.Close()
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		if ends := answer.TLS.PeerCertificates[0].NotAfter; time.Until(ends) < renewBefore {
			d.problem("base URL", "renew it", "the certificate of %s ends on %s", d.c.Origin(), when(ends))
		}
	}
	if gateway := answer.StatusCode; gateway == http.StatusBadGateway || gateway == http.StatusServiceUnavailable || gateway == http.StatusGatewayTimeout {
		return arrived, fmt.Errorf("status %d", gateway)
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&arrived); err != nil || answer.StatusCode != http.StatusOK {
		return arrived, otherServerError{answer.StatusCode}
	}
	return arrived, nil
}

// arrived looks at a request as the portal got it.
func (d *doctor) arrived(v seen) {
	before := len(d.findings)
	if v.Host != d.c.BaseURL.Host {
		d.problem("base URL", "have the proxy pass on Host as browsers send it", "browsers ask for %s, and the portal is asked for %q: every form would be refused", d.c.BaseURL.Host, v.Host)
	}
	if v.Origin != d.c.Origin() {
		d.problem("base URL", "have the proxy pass on Origin as browsers send it", "the header Origin arrives as %q", v.Origin)
	}
	if name := brand.Cookie(brand.SessionCookie, d.c.Secure()); !slices.Contains(v.Cookies, name) {
		d.problem("cookies", "have the proxy pass on all cookies", "the cookie %s does not arrive", name)
	}
	if len(d.findings) == before {
		d.ok("base URL", "%s leads to the portal, and what browsers send arrives", d.c.Origin())
	}
	setting := brand.Env("TRUSTED_PROXIES")
	switch {
	case v.Proxy && v.Problem != "":
		d.problem("proxies", "have it send "+d.c.ProxyHeader+", or correct "+brand.Env("PROXY_HEADER")+" or "+setting, "%s is a trusted proxy, and does not say whose request it passes on: %s", v.Peer, v.Problem)
	case v.Proxy:
		d.ok("proxies", "%s is trusted, and names %s as the client", v.Peer, v.Client)
	case v.Named:
		d.problem("proxies", "add it to "+setting+" if it is a proxy of yours", "%s names a client in %s, and is not trusted: all clients seem to come from it", v.Peer, d.c.ProxyHeader)
	default:
		d.ok("proxies", "%s comes without a proxy, and is taken for the client", v.Peer)
	}
}
