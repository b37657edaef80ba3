package handlers

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// The list of people is searched and restricted by its form, and read to its end by its links.
func TestPeopleList(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		for i := range 40 {
			p.newUser(fmt.Sprintf("Many %02d", i))
		}
		flagged := p.newUser("Flora")
		p.exec(`UPDATE sessions SET flag = 'token_reused' WHERE id = $1`, p.signedIn(flagged).Handle())
		name := regexp.MustCompile(`<bdi>(Many \d\d)</bdi></a>`)
		for _, list := range []string{"/admin/users", "/admin/users?q=MANY", "/admin/users?show=member", "/admin/users?q=many&show=member"} {
			seen, pages := map[string]int{}, 0
			for address := list; address != ""; pages++ {
				page := s.b.Get(address).Want(http.StatusOK)
				for _, m := range name.FindAllStringSubmatch(page.Body, -1) {
					seen[m[1]]++
				}
				address = strings.ReplaceAll(between(page.Body, `<a class="btn" href="/admin/users?after=`, `"`), "&amp;", "&")
				if address != "" {
					address = "/admin/users?after=" + address
				}
				if pages > 5 {
					t.Fatalf("%s has no end", list)
				}
			}
			if len(seen) != 40 || pages < 2 {
				t.Errorf("%s: %d of 40 people on %d pages", list, len(seen), pages)
			}
			for who, n := range seen {
				if n != 1 {
					t.Errorf("%s: %s %d times", list, who, n)
				}
			}
		}
		s.b.Get("/admin/users?show=flagged").Says("Flora").Says("Suspicious").SaysNot("Ulla")
		s.b.Get("/admin/users?show=admin").Says("Grace Hopper").SaysNot("Ulla")
		s.b.Get("/admin/users?q=hopper").Says("Grace Hopper").SaysNot("Ulla")
		s.b.Get("/admin/users?q=" + s.user.Email).Says("Ulla").SaysNot("Flora")
		s.b.Get("/admin/users?q=" + s.user.Email[:8]).Says("Nobody matches.")
		s.b.Get("/admin/users?q=nobody").Says("Nobody matches.")
		for _, bad := range []string{"?after=x", "?after=%00", "?show=all%27--", "?q=%ff", "?after=2026-01-01T00:00:00Z~'", "?q=" + strings.Repeat("%E2%82%AC", 300)} {
			s.b.Get("/admin/users" + bad).Want(http.StatusOK)
		}
		s.do("disable").Leads(accountPage(s.user.ID))
		s.b.Get("/admin/users?show=disabled").Says("Ulla").Says("Switched off").SaysNot("Flora")
		for _, id := range []string{"NOSUCH", "%00", strings.Repeat("A", 26), "demo-x"} {
			s.b.Get("/admin/users/" + id).Want(http.StatusNotFound)
			s.b.Post("/admin/users/"+id+"/disable", "reason", "x").Want(http.StatusNotFound)
		}
	})
}

// The events of everybody, of one account and of one kind, page by page, with whose they are.
func TestEventsOfEverybody(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		s := p.administration()
		for range 35 {
			p.signedIn(s.user)
		}
		s.do("end-sessions").Leads(accountPage(s.user.ID))
		first := s.b.Get("/admin/events").Want(http.StatusOK).Says("Grace Hopper signed out every device of the account of Ulla. Reason: She asked for it.").
			Says("Grace Hopper (admin) signed out every device of this account. Reason: She asked for it.")
		older := strings.ReplaceAll(between(first.Body, `href="/admin/events?before`, `"`), "&amp;", "&")
		s.b.Get("/admin/events?before" + older).Want(http.StatusOK).SaysNot("signed out every device")
		s.b.Get("/admin/events?kind=reauth_success").Says("Grace Hopper").SaysNot("Ulla")
		s.b.Get("/admin/events?user=" + s.user.ID).Says("Ulla").SaysNot("Confirmed it is you")
		s.b.Get("/admin/events?kind=authz_admin&user=" + s.user.ID).Says("Grace Hopper (admin)").SaysNot("Confirmed it is you")
		for _, bad := range []string{"?before=x", "?before=~", "?kind=nothing", "?user=%00"} {
			s.b.Get("/admin/events" + bad).Want(http.StatusOK)
		}
	})
}

// The figures count what happened, and say it in a table beside the picture.
func TestFigures(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		p.exec(`UPDATE sessions SET flag = 'token_reused' WHERE id = $1`, p.signedIn(s.user).Handle())
		p.browser().Post("/login", "email", s.user.Email, "password", otherPassword).Want(http.StatusUnprocessableEntity)
		p.browser().Post("/login", "email", "nobody@example.org", "password", otherPassword).Want(http.StatusUnprocessableEntity)
		p.signedIn(s.user).Post("/logout").Leads(signedOutPage)
		over := p.signedIn(p.newUser("Ida")).Handle()
		p.exec(`UPDATE sessions SET last_seen_at = created_at, idle_expires_at = created_at WHERE id = $1`, over)
		p.exec(`UPDATE events SET at = $1 WHERE user_id = (SELECT user_id FROM sessions WHERE id = $2)`, time.Now().UTC().AddDate(0, 0, -2), over)
		page := s.b.Get("/admin").Want(http.StatusOK).Says("Signed in 3 sessions").Says("1 open flag").Says("4 sign-ins and 2 failures").Says("Signed out 1")
		if n := strings.Count(page.Body, "<tr>"); n != 24+1+1+1 {
			t.Errorf("%d rows, want one for each hour, one for each reason and two heads", n)
		}
		holds(page, `<svg class="chart"`, `aria-hidden="true"`, `class="bad"`)
		if strings.Contains(page.Body, "style=") {
			t.Error("a style in the page, which its policy refuses")
		}
	})
}

// Support finds no way to what it may not do.
func TestSupportIsOfferedLess(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	s := p.administration().as(p, auth.RoleSupport)
	s.b.Get(accountPage(s.user.ID)).Says("Sign out every device").SaysNot("Switch off").SaysNot("Start a reset").SaysNot("Change the role")
	s.b.Get("/admin").SaysNot("Sign out everybody")
	p.exec(`UPDATE users SET role = 'admin' WHERE id = $1`, s.user.ID)
	s.b.Get(accountPage(s.user.ID)).SaysNot("Sign out every device")
	s.b.Get(accountPage(s.owner.ID)).SaysNot("Sign out every device").SaysNot("Switch off")
}
