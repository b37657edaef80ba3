package handlers

import (
	"net/http"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

const (
	password      = webtest.Password
	otherPassword = webtest.OtherPassword
)

// A browser has the portal before it.
type browser struct {
	*webtest.Client
	p *portal
}

func (p *portal) browser() *browser {
	b := &browser{Client: webtest.New(p.tb, portalURL.String())}
	b.IP = p.prefix + "::7"
	b.moveTo(p)
	return b
}

// here is a browser on the machine of the portal.
func (p *portal) here() *browser {
	b := p.browser()
	b.IP = "127.0.0.1"
	b.Transport = onThisMachine{b.Transport}
	return b
}

// onThisMachine asks under a name of the machine that the portal is on.
type onThisMachine struct{ http.RoundTripper }

func (o onThisMachine) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Host == "" || r.Host == portalURL.Host {
		r = r.Clone(r.Context())
		r.Host = "localhost:8080"
	}
	return o.RoundTripper.RoundTrip(r)
}

// moveTo has the browser ask another portal from now on.
func (b *browser) moveTo(p *portal) { b.p, b.Transport = p, webtest.InProcess(p) }

// signedIn returns a browser in which u is signed in.
func (p *portal) signedIn(u auth.User) *browser {
	p.t.Helper()
	b := p.browser()
	b.SignIn(u.Email, password)
	return b
}

// holding returns a browser that has a token and nothing else, as a thief or a slow tab has it.
func (p *portal) holding(token string) *browser {
	b := p.browser()
	b.Cookies[b.Session] = token
	return b
}

// replay asks for the overview with a copy of a token.
func (p *portal) replay(token string) *webtest.Answer {
	p.t.Helper()
	return p.holding(token).Get("/account")
}

// keeps has the browser put a value into its bag, on the page of probe.
func (b *browser) keeps(value string) {
	b.p.t.Helper()
	b.Post(probe.Bag, "value", value).Leads(probe.Bag)
}

// bag is the page that shows what is in the browser's bag.
func (b *browser) bag() *webtest.Answer {
	b.p.t.Helper()
	return b.Get(probe.Bag).Want(http.StatusOK)
}

// opens follows the link of an email to the page that it leads to.
func (b *browser) opens(link string) *webtest.Answer {
	b.p.t.Helper()
	return b.Follow(b.Get(link)).Want(http.StatusOK)
}

// at returns the same browser with another address: the same cookies, now and later.
func (b *browser) at(ip string) *browser {
	moved := *b.Client // with the map of the cookies
	moved.IP = ip
	return &browser{&moved, b.p}
}

// as returns another browser with the same cookies.
func (b *browser) as(agent string) *browser {
	other := *b.Client
	other.Agent = agent
	return &browser{&other, b.p}
}
