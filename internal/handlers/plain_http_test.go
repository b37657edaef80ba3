package handlers

import (
	"net/http"
	"net/url"
	"testing"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

var plainURL = &url.URL{Scheme: "http", Host: "portal.lan:8080"}

// plainPortal is one in a local network: without TLS, under a name that browsers do not trust.
func plainPortal(t *testing.T) *portal {
	t.Helper()
	on := sqliteBackend(t)
	return portalOn(t, on, func(o *Options, _ *settings) {
		o.BaseURL, o.Bag = plainURL, bag.New(on.bags, testSealer(t), false, false, o.Log)
	})
}

// A plainBrowser says what browsers say over plain http: no fetch metadata, and the origin of the page as its referrer policy
// lets it. The proxy in front of the portal writes another Host.
type plainBrowser struct {
	*browser
	host string
}

func (p *portal) plainBrowser(host string) plainBrowser {
	b := p.browser()
	b.Origin, b.Session = plainURL.String(), "id"
	return plainBrowser{b, host}
}

func (b plainBrowser) send(r *http.Request, from *webtest.Answer) *webtest.Answer {
	r.Header.Del("Sec-Fetch-Site")
	if from.Header.Get("Referrer-Policy") == "no-referrer" {
		r.Header.Set("Origin", "null")
	}
	r.Host = b.host
	return b.Do(r)
}

// submits sends the form of the page that the link leads to.
func (b plainBrowser) submits(link, action string, fields ...string) *webtest.Answer {
	b.p.t.Helper()
	page := b.Get(link)
	if page.Header.Get("Referrer-Policy") != "no-referrer" || len(page.Forms()) != 0 {
		b.p.t.Errorf("%s: got %q and %d forms, want the token hidden, and no form that hides its origin with it",
			link, page.Header.Get("Referrer-Policy"), len(page.Forms()))
	}
	page = b.Follow(page).Want(http.StatusOK)
	if got := page.Header.Get("Referrer-Policy"); got != "same-origin" {
		b.p.t.Errorf("%s: Referrer-Policy %q, want same-origin", page.What, got)
	}
	return b.send(b.Filled(page, action, fields...), page)
}

// Every form behind the link of an email can be sent over plain http, whatever Host a proxy makes of ours.
func TestLinksOverPlainHTTP(t *testing.T) {
	t.Parallel()
	for name, host := range map[string]string{"our host": "", "another host": "127.0.0.1:9000"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plainPortal(t)
			b, email := p.plainBrowser(host), webtest.Email()
			signUp := b.Get("/signup")
			b.send(b.Filled(signUp, "/signup", "name", "Ida", "email", email, "password", password), signUp).Leads("/signup/sent")
			b.submits(linkIn(t, p.email(email, "/email/confirm/")), "/email/confirm").Leads("/login?confirmed=yes")
			b.submits(b.forgets(email), "/password/reset", "password", "short").Want(http.StatusUnprocessableEntity)
			b.submits(b.forgets(email), "/password/reset", "password", otherPassword).Leads("/login?reset=yes")

			u := p.newUser("Uwe")
			b.SignIn(u.Email, password)
			confirm, undo := b.moves(u, webtest.Email())
			b.submits(confirm, "/account/email/confirm").Leads("/account/profile")
			b.submits(undo, "/email/undo").Leads("/password/forgot?undone=yes")
		})
	}
}

// Over plain http our own origin is ours, whatever Host the portal is told; no other is, and neither is a hidden one.
func TestCrossSiteOverPlainHTTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, host, site, origin string
		ok                       bool
	}{
		{"our origin", "portal.lan:8080", "", "http://portal.lan:8080", true},
		{"our origin under another Host", "127.0.0.1:9000", "", "http://portal.lan:8080", true},
		{"under another Host with fetch metadata", "127.0.0.1:9000", "same-origin", "http://portal.lan:8080", true},
		{"our origin, and fetch metadata that contradicts it", "127.0.0.1:9000", "cross-site", "http://portal.lan:8080", false},
		{"of a neighbour", "127.0.0.1:9000", "same-site", "http://portal.lan:8080", false},
		{"hidden origin", "portal.lan:8080", "", "null", false},
		{"hidden origin under another Host", "127.0.0.1:9000", "", "null", false},
		{"another port", "127.0.0.1:9000", "", "http://portal.lan", false},
		{"another scheme", "127.0.0.1:9000", "", "https://portal.lan:8080", false},
		{"another site", "127.0.0.1:9000", "", "http://evil.test", false},
		{"nothing", "127.0.0.1:9000", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := plainPortal(t)
			b := p.plainBrowser(tt.host)
			b.SignIn(p.newUser("Cesare").Email, password)
			r := b.Request(http.MethodPost, "/logout")
			r.Host = tt.host
			r.Header["Sec-Fetch-Site"], r.Header["Origin"] = sent(tt.site), sent(tt.origin)
			if got := b.Do(r).StatusCode; (got == http.StatusSeeOther) != tt.ok || (got == http.StatusForbidden) == tt.ok {
				t.Errorf("got %d, want it let through: %v", got, tt.ok)
			}
		})
	}
}

// Somebody whose browser took no cookie reads that, although a proxy writes another Host.
func TestRefusedCookieUnderAnotherHost(t *testing.T) {
	t.Parallel()
	p := plainPortal(t)
	for from, want := range map[string]string{
		"http://portal.lan:8080/login": "/login?cookie=refused&next=%2Faccount", "http://evil.test/login": "/login?next=%2Faccount",
	} {
		b := p.plainBrowser("")
		r := b.Request(http.MethodGet, "/account")
		r.Host = "127.0.0.1:9000"
		r.Header.Set("Referer", from)
		b.Do(r).Leads(want)
	}
}

// sent are the values of a header, none for "".
func sent(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// A form that comes without either header, but with a token from an email, is refused: any site can send that.
func TestLinksFromAnotherSite(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b, email := p.browser(), webtest.Email()
	b.Post("/signup", "name", "Ida", "email", email, "password", password)
	b.Get(linkIn(t, p.email(email, "/email/confirm/"))).Leads("/email/confirm")
	u := p.newUser("Uwe")
	_, undo := p.signedIn(u).moves(u, webtest.Email())
	b.Get(undo).Leads("/email/undo")
	for _, path := range []string{"/email/confirm", "/email/undo"} {
		r := b.Request(http.MethodPost, path)
		r.Header.Del("Sec-Fetch-Site")
		r.Header.Del("Origin")
		b.Do(r).Want(http.StatusForbidden)
	}
}

// The form of a sign-up confirms no other than it shows, and that of an undo gives back no other address.
func TestLinkFormsNameTheirLink(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	signsUp := func() (email, link string) {
		email = webtest.Email()
		b.Post("/signup", "name", "Ida", "email", email, "password", password)
		return email, linkIn(t, p.email(email, "/email/confirm/"))
	}
	moves := func() (email, link string) {
		u := p.newUser("Uwe")
		_, link = p.signedIn(u).moves(u, webtest.Email())
		return u.Email, link
	}
	for page, email := range map[string]func() (email, link string){"/email/confirm": signsUp, "/email/undo": moves} {
		first, one := email()
		form := b.Follow(b.Get(one)).Want(http.StatusOK).Says(first)
		second, two := email()
		b.Get(two).Leads(page)
		refused := b.Submit(form, page).Want(http.StatusConflict).Says("Nothing was changed")
		now := b.Get(linkNamed(refused, "Go on with the other link")).Want(http.StatusOK).Says(second).SaysNot(first)
		b.Submit(now, page).Want(http.StatusSeeOther)
		b.Submit(form, page).Want(http.StatusConflict)
		b.Post(page).Want(http.StatusConflict)
		b.Get(page).Want(http.StatusOK).Says("this link")
	}
}

// A stranger signed up with somebody's address and another password. The owner looks at that link too, and goes back to the page
// of their own: its button makes the account with the password of its link, or none.
func TestConfirmIsForTheLinkThatWasShown(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b, email := p.browser(), webtest.Email()
	var links []string
	for _, chosen := range []string{otherPassword, password} {
		before := len(p.textsTo(email, "/email/confirm/"))
		p.browser().Post("/signup", "name", "Ida", "email", email, "password", chosen)
		links = append(links, linkIn(t, p.nextEmail(email, "/email/confirm/", before)))
	}
	mine := b.Follow(b.Get(links[1])).Want(http.StatusOK)
	b.Get(links[0]).Leads("/email/confirm")
	b.Submit(mine, "/email/confirm").Want(http.StatusConflict)
	if n := p.count(`SELECT count(*) FROM users WHERE email = $1`, email); n != 0 {
		t.Error("an account was made with the password of a stranger")
	}
	mine = b.Follow(b.Get(links[1])).Want(http.StatusOK)
	b.Submit(mine, "/email/confirm").Leads("/login?confirmed=yes")
	p.browser().SignIn(email, password)
}

// Whoever has no token guesses none: looking at the page again costs the network nothing.
func TestNoTokenIsNoGuess(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		for range guard.OneTimeTokens.Burst + 1 {
			p.browser().Get("/email/confirm").Want(http.StatusNotFound)
		}
		p.browser().Get("/email/undo/" + auth.NewToken()).Want(http.StatusNotFound)
	})
}
