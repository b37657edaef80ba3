package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var cancelLink = regexp.MustCompile(`<a class="btn quiet" href="([^"]+)">Cancel</a>`)

// Whatever a confirmation leads to, its page says what it is for, and Cancel leads to a page that asks for nothing.
func TestConfirmationSaysWhatFor(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Willa"))
	asked := 0
	for key, route := range p.app.table {
		if key.method != http.MethodGet || !route.returned || !route.guarded || strings.HasPrefix(key.pattern, "/admin") {
			continue
		}
		page := strings.NewReplacer("{handle}", b.Handle(), "{id}", "none", "{token}", "none", "{scene}", "thief").Replace(key.pattern)
		if p.app.destination(page) != page {
			t.Errorf("%s: people are not led there", page)
		}
		answer := b.Get("/reauth?next=" + url.QueryEscape(page)).Want(http.StatusOK).Says("Waiting for you")
		cancel := cancelLink.FindStringSubmatch(answer.Body)
		if cancel == nil {
			t.Fatalf("%s: no Cancel", page)
		}
		if asked++; strings.Contains(page, "none") || strings.HasPrefix(page, "/billing/checkout") || strings.HasPrefix(page, "/account/email/confirm") {
			continue // there is no such thing, nothing to pay, and no link that was followed
		}
		if place := b.Get(strings.ReplaceAll(cancel[1], "&amp;", "&")); strings.HasPrefix(place.Header.Get("Location"), "/reauth") {
			t.Errorf("%s: Cancel leads to %s, which asks again", page, cancel[1])
		}
	}
	if asked < 20 {
		t.Errorf("asked for %d pages, want all", asked)
	}
	b.Get("/reauth?next=%2Faccount%2Factivity.csv%3Fkind%3Dsign-ins").Says("Download your activity").Says("Cancel")
	if cancel := cancelLink.FindStringSubmatch(b.Get("/reauth?next=%2Faccount%2Femail").Says("Change your address").Body); cancel[1] != "/account/profile" {
		t.Errorf("Cancel leads to %s", cancel[1])
	}
}
