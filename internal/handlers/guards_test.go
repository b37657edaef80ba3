package handlers

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/probe"
)

// A page that asks for something by itself, as its route says, keeps nobody signed in.
func TestPollingIsNoActivity(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Polly")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		polled := 0
		for b.Get(probe.Poll).StatusCode == http.StatusOK && polled < 100 {
			polled++
			time.Sleep(time.Minute)
		}
		if want := int(testPolicy.Idle / time.Minute); polled != want {
			t.Errorf("signed in for %d minutes, want %d", polled, want)
		}
		b.Get("/signed-out").Says("did not use Gatehouse for 30 minutes")
	})
}

// A role opens its pages on the next request, and only to somebody who confirms it once more.
func TestRole(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Rolanda")
	b := p.signedIn(u)
	b.Get(probe.Admin).Leads("/reauth?next=" + url.QueryEscape(probe.Admin))
	b.Reauth(password)
	b.Get(probe.Admin).Want(http.StatusForbidden).Says("This is not for your account").SaysNot("Probe")
	if !strings.Contains(p.log.String(), "authz_fail") {
		t.Error("no authz_fail in the log")
	}
	p.exec(`UPDATE users SET role = $1 WHERE id = $2`, auth.RoleAdmin, u.ID)
	b.Get(probe.Admin).Want(http.StatusOK).Says("Rolanda")
	p.browser().Get(probe.Admin).Leads("/login?next=" + url.QueryEscape(probe.Admin))
}

// A form for one of several things is kept for that one alone, whatever its address names.
func TestFormOfOneThing(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Ada")
		b := p.signedIn(u)
		page, other := probe.Form+"/first", probe.Form+"/second"
		const title = `Ada "& Co`
		next, id := draftAt(b.Post(page, "title", title, "text", "x"), "/reauth", page)
		asked := b.Get("/reauth?next=" + url.QueryEscape(next)).Says("Save this form")
		holds(asked, fmt.Sprintf(`href="%s/cancelled">Cancel`, page))
		filled := b.Follow(b.Post("/reauth", "password", password, "next", next)).Want(http.StatusOK)
		holds(filled, `name="title" value="`+html.EscapeString(title)+`"`, `name="held" value="`+id+`"`)
		for _, elsewhere := range []string{other, probe.Form} {
			if body := b.Get(elsewhere + "?held=" + id).Want(http.StatusOK).Body; strings.Contains(body, "Ada") || strings.Contains(body, id) {
				t.Errorf("%s shows what was typed for another thing", elsewhere)
			}
		}
		b.Post(page, "title", title, "text", "x", "held", id).Leads(page)
		b.Get(next).Says("Saved: 1")

		b.timeOut()
		next, _ = draftAt(b.Post(page, "title", title, "text", "x"), "/login", page)
		b.Follow(b.Post("/login", "email", u.Email, "password", password, "next", next)).Want(http.StatusSeeOther)
	})
}

// Where people come back to from a form that stands on another page, whatever the address names.
func TestWayBackFromForms(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	for form, page := range map[string]string{
		"/account/sessions/X/end":                  "/account/sessions/X/end",
		"/account/sessions/X/recognise":            "/account/sessions/X/recognise",
		"/account/security/passkeys/X/rename":      "/account/security/passkeys/X",
		"/account/security/passkeys/X%20Y/rename":  "/account/security/passkeys/X%20Y",
		"/account/security/passkeys/%2F%2F/rename": home,
		"/account/security/passkeys/finish":        "/account/security/passkeys",
		"/account/delete/stop":                     home,
		"/billing/checkout":                        "/billing/checkout",
	} {
		b.Post(form).Leads("/login?next=" + url.QueryEscape(page))
	}
}
