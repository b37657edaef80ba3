package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

func init() {
	views = append(views, &adminView{}, &peopleView{}, &accountView{}, &orderView{}, &eventsView{})
	for action, more := range map[string][]string{
		"reveal": nil, "end-sessions": nil, "disable": nil, "enable": nil, "role": {"role", auth.RoleSupport}, "reset": nil, "remove-factors": nil,
	} {
		actForms["administration "+action] = func(p *portal) press {
			s := p.administration()
			switch action {
			case "enable":
				p.exec(`UPDATE users SET disabled_at = created_at WHERE id = $1`, s.user.ID)
			case "remove-factors":
				s.user, _, _ = p.enrolled("Ulla")
			}
			page := accountPage(s.user.ID) + "/" + action
			return press{s.owner, s.b, s.b.Get(page), page, append([]string{"reason", "She asked for it."}, more...), accountPage(s.user.ID), true}
		}
	}
	actForms["administration end"] = func(p *portal) press {
		s := p.administration()
		page := accountPage(s.user.ID) + "/sessions/" + s.theirs.Handle() + "/end"
		return press{s.owner, s.b, s.b.Get(page), page, []string{"reason", "She asked for it."}, accountPage(s.user.ID), true}
	}
	actForms["administration end-all"] = func(p *portal) press {
		p.exec(`DELETE FROM sessions`)
		s := p.administration()
		const page = "/admin/sessions/end-all"
		return press{s.owner, s.b, s.b.Get(page), page, []string{"reason", "Cookies may have been stolen."}, "/admin", true}
	}
}

// administering is an administrator in a browser, and somebody who is signed in in another.
type administering struct {
	owner, user auth.User
	b, theirs   *browser
}

func (p *portal) administration() administering {
	p.t.Helper()
	s := administering{owner: p.newUser("Grace Hopper"), user: p.newUser("Ulla")}
	p.exec(`UPDATE users SET role = $1 WHERE id = $2`, auth.RoleAdmin, s.owner.ID)
	s.b, s.theirs = p.signedIn(s.owner), p.signedIn(s.user)
	s.b.Reauth(password).Want(http.StatusSeeOther)
	return s
}

// as makes the person who acts another one's.
func (s administering) as(p *portal, role string) administering {
	p.exec(`UPDATE users SET role = $1 WHERE id = $2`, role, s.owner.ID)
	return s
}

// do sends the form of an order.
func (s administering) do(action string, more ...string) *webtest.Answer {
	return s.b.Post(accountPage(s.user.ID)+"/"+action, append([]string{"reason", "She asked for it."}, more...)...)
}

// whatIsTold are the orders about one account, with what both read of them and what becomes of the session of the person.
var whatIsTold = []struct {
	action string
	more   []string
	kind   string
	theirs string // in their activity
	own    string // in that of the administrator
	ends   bool
}{
	{"reveal", nil, "authz_admin", "An administrator looked at the email address of this account", "You looked at the email address of the account of Ulla", false},
	{"end-sessions", nil, "authz_admin", "An administrator signed out every device of this account", "You signed out every device of the account of Ulla", true},
	{"disable", nil, "authz_admin", "An administrator switched off this account", "You switched off the account of Ulla", true},
	{"enable", nil, "authz_admin", "An administrator switched on again this account", "You switched on again the account of Ulla", false},
	{"reset", nil, "authz_admin", "An administrator started a password reset for this account", "You started a password reset for the account of Ulla", false},
	{"role", []string{"role", "support"}, "authz_change", "An administrator gave the role of support to this account", "You gave the role of support to the account of Ulla", false},
	{"remove-factors", nil, "authz_admin", "An administrator removed every second step of this account", "You removed every second step of the account of Ulla", true},
}

// Whatever somebody with a role does to an account has a reason, is in both trails under both names, and in an email; without a
// reason nothing is done.
func TestOrdersAreTold(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for _, tt := range whatIsTold {
			t.Run(tt.action, func(t *testing.T) {
				x := actForms["administration "+tt.action](p)
				user := strings.TrimPrefix(x.leads, "/admin/users/")
				var email string
				if err := p.store.DB().QueryRowContext(t.Context(), `SELECT email FROM users WHERE id = $1`, user).Scan(&email); err != nil {
					t.Fatal(err)
				}
				for _, reason := range []string{"", "  ", "tr\u202eick", strings.Repeat("x", 301)} {
					before := p.traces()
					x.fields[1] = reason
					wrong := x.send(x.b).Want(http.StatusUnprocessableEntity)
					if before != p.traces() || !strings.Contains(wrong.Body, `aria-invalid="true"`) {
						t.Errorf("%q: something was done without a reason, or nothing says what is missing", reason)
					}
				}
				before := p.emailsStored()
				x.page = x.b.Get(x.action)
				x.fields[1] = " Told  by phone, number\n 17. "
				x.send(x.b).Leads(x.leads)
				if n := p.emailsStored() - before; n != 1 {
					t.Errorf("%d emails, want one", n)
				}
				if message := p.email(email, "number 17"); !strings.Contains(message, "Told by phone, number 17.") {
					t.Errorf("the email does not say why:\n%s", message)
				}
				for _, who := range []struct{ trail, other, role string }{{user, x.owner.ID, "admin"}, {x.owner.ID, user, ""}} {
					if n := p.count(`
						SELECT COALESCE(sum(times), 0) FROM events
						WHERE user_id = $1 AND other_id = $2 AND by_role = $3 AND kind = $4 AND note = 'Told by phone, number 17.' AND (ip = '') = (by_role <> '')`,
						who.trail, who.other, who.role, tt.kind); n != 1 {
						t.Errorf("%d events in the trail of %s, want one", n, who.trail)
					}
				}
				x.b.Get("/account/activity").Says(tt.own + ". Reason: Told by phone, number 17.")
				x.b.Get(x.leads).Says("Grace Hopper (admin) " + strings.TrimPrefix(tt.theirs, "An administrator "))
				p.exec(`UPDATE users SET disabled_at = NULL WHERE id = $1`, user)
				in := p.browser()
				in.Post("/login", "email", email, "password", password).Leads("/account")
				for _, page := range []string{"/account", "/account/activity"} {
					in.Get(page).Says(tt.theirs + ". Reason: Told by phone, number 17.").SaysNot("Grace")
				}
			})
		}
	})
}

// What an order does to the sessions of the account, and what it leaves alone.
func TestOrdersEndSessions(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		other, bystander := p.signedIn(s.user), p.signedIn(p.newUser("Bea"))
		handle := s.theirs.Handle()
		s.b.Get(accountPage(s.user.ID)).Says("Signed in now")
		for _, wrong := range []string{bystander.Handle(), "NOSUCH", s.b.Handle()} { // of another account
			s.b.Post(accountPage(s.user.ID)+"/sessions/"+wrong+"/end", "reason", "x").Want(http.StatusNotFound)
		}
		page := accountPage(s.user.ID) + "/sessions/" + handle + "/end"
		s.b.Post(page, "reason", "lost phone").Leads(accountPage(s.user.ID))
		s.b.Post(page, "reason", "lost phone").Leads(accountPage(s.user.ID))
		s.b.Get(accountPage(s.user.ID)).Says("It was so already.")
		if s.theirs.Alive() || !other.Alive() {
			t.Fatal("another session ended, or not the one")
		}
		s.theirs.Get("/signed-out").Says("administrator")
		pending := p.browser()
		app, _ := other.enrolApp()
		pending.Post("/login", "email", s.user.Email, "password", password).Leads("/login/verify")

		s.do("disable").Leads(accountPage(s.user.ID))
		if other.Alive() || !bystander.Alive() || !s.b.Alive() {
			t.Error("a session of a disabled account goes on, or one of another ended")
		}
		if n := p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL AND end_reason = 'account_disabled'`, s.user.ID); n != 1 {
			t.Errorf("%d sessions ended as account_disabled, want one", n)
		}
		p.browser().Post("/login", "email", s.user.Email, "password", password).Want(http.StatusUnprocessableEntity)
		s.do("reset").Want(http.StatusUnprocessableEntity)
		s.do("enable").Leads(accountPage(s.user.ID))
		if other.Alive() {
			t.Error("enabling an account has revived a session")
		}
		pending.Post("/login/verify", "code", app.code()).Leads("/login?again=yes")
		p.browser().Post("/login", "email", s.user.Email, "password", password).Leads("/login/verify")
	})
}

// Everybody's sessions end but that of who asks, each with its event, and each person is told once.
func TestEndEverybody(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		const page = "/admin/sessions/end-all"
		second, own, bea := p.signedIn(s.user), p.signedIn(s.owner), p.newUser("Bea")
		app, _ := p.signedIn(bea).enrolApp()
		pending := p.browser()
		pending.Post("/login", "email", bea.Email, "password", password).Leads("/login/verify")
		s.b.Post(page).Want(http.StatusUnprocessableEntity)
		before := p.emailsStored()
		shown := s.b.Get(page)
		for range 2 { // one press or two
			s.b.Submit(shown, page, "reason", "A stolen backup.").Leads("/admin")
		}
		s.b.Get("/admin").Says("Done. 4 sessions ended.")
		if s.theirs.Alive() || second.Alive() || own.Alive() || !s.b.Alive() {
			t.Error("somebody is still signed in, or who asked is not")
		}
		pending.Post("/login/verify", "code", app.code()).Leads("/login?again=yes")
		if n := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 1 {
			t.Errorf("%d sessions live, want one", n)
		}
		if n := p.emailsStored() - before; n != 3 {
			t.Errorf("%d emails, want one for each of three people", n)
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'authz_admin' AND reason = 'end-everybody' AND by_role = 'admin' AND note = 'A stolen backup.'`); n != 3 {
			t.Errorf("%d people find it in their trails, want 3", n)
		}
		s.b.Get("/account/activity").Says("You signed out everybody. Reason: A stolen backup.")
	})
}

// Who may order what: support ends sessions, of nobody above it, and changes nothing; nobody does any of it to themselves.
func TestOrdersNeedTheRole(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration().as(p, auth.RoleSupport)
		for _, action := range []string{"disable", "enable", "role", "reset", "remove-factors"} {
			s.do(action, "role", "admin").Want(http.StatusForbidden)
			s.b.Get(accountPage(s.user.ID) + "/" + action).Want(http.StatusForbidden)
		}
		s.b.Post("/admin/sessions/end-all", "reason", "x").Want(http.StatusForbidden)
		p.exec(`UPDATE users SET role = 'admin' WHERE id = $1`, s.user.ID)
		for _, action := range []string{"end-sessions", "reveal", "sessions/" + s.theirs.Handle() + "/end"} {
			logged := p.log.Len()
			s.do(action).Want(http.StatusForbidden)
			if n := strings.Count(p.log.After(logged), `"msg":"authz_fail"`); n != 1 {
				t.Errorf("%s: %d authz_fail in the log, want one", action, n)
			}
		}
		if !s.theirs.Alive() {
			t.Error("support has signed out an administrator")
		}
		p.exec(`UPDATE users SET role = 'member' WHERE id = $1`, s.user.ID)
		s.do("end-sessions").Leads(accountPage(s.user.ID))

		s = s.as(p, auth.RoleAdmin)
		self := administering{s.owner, s.owner, s.b, s.b}
		for _, action := range []string{"disable", "end-sessions", "reset", "remove-factors", "sessions/" + s.b.Handle() + "/end"} {
			self.do(action).Want(http.StatusUnprocessableEntity).Says("This is your own account.")
		}
		for _, role := range []string{"admin", "owner", ""} {
			self.do("role", "role", role).Want(http.StatusUnprocessableEntity)
		}
		s.do("role", "role", "owner").Want(http.StatusUnprocessableEntity).Says("Choose a role.")
	})
}

// A changed role counts on the next request. The session asks who it is before a page that needs the role, and has another token
// from then on.
func TestChangedRole(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		s.theirs.Reauth(password).Want(http.StatusSeeOther)
		s.theirs.Get("/admin").Want(http.StatusForbidden)
		old := s.theirs.Token()
		s.do("role", "role", "support").Leads(accountPage(s.user.ID))
		s.theirs.Get("/account").Says("Administration")
		s.theirs.Get("/admin").Leads("/reauth?next=" + url.QueryEscape("/admin"))
		s.theirs.Post("/reauth", "password", password, "next", "/admin").Leads("/admin")
		if s.theirs.Get("/admin").Want(http.StatusOK); s.theirs.Token() == old {
			t.Error("the role is used under a token from before")
		}
		s.do("role", "role", "member").Leads(accountPage(s.user.ID))
		s.theirs.Reauth(password).Want(http.StatusSeeOther)
		s.theirs.Get("/admin").Want(http.StatusForbidden)
		s.theirs.Get("/account").SaysNot("Administration")
	})
}

// The last administrator stays one, and their account stays.
func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		self := administering{s.owner, s.owner, s.b, s.b}
		self.do("role", "role", "member").Want(http.StatusUnprocessableEntity).Says("Nobody would be left")
		s.b.Post(deletePage, "sure", "on", "password", password).Want(http.StatusUnprocessableEntity).Says("Nobody would be left")
		for _, gone := range []string{`disabled_at = created_at`, `delete_after = created_at`} { // who cannot act does not count
			p.exec(`UPDATE users SET role = 'admin', `+gone+` WHERE id = $1`, s.user.ID)
			self.do("role", "role", "member").Want(http.StatusUnprocessableEntity)
			p.exec(`UPDATE users SET disabled_at = NULL, delete_after = NULL WHERE id = $1`, s.user.ID)
		}
		self.do("role", "role", "support").Leads(accountPage(s.owner.ID))
		if n := p.count(`SELECT count(*) FROM users WHERE role = 'admin'`); n != 1 {
			t.Errorf("%d administrators, want the other one", n)
		}
	})
}

// An address is shortened everywhere until somebody says why they need it, for a while and in that session alone.
func TestAddressIsRevealed(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		s.theirs.moves(s.user, "another@example.net")
		another := p.signedIn(s.owner)
		another.Reauth(password).Want(http.StatusSeeOther)
		_, domain, _ := strings.Cut(s.user.Email, "@")
		short := s.user.Email[:1] + "…@" + domain
		hidden := func(b *browser) {
			t.Helper()
			for _, page := range []string{accountPage(s.user.ID), "/admin/users?q=Ulla", accountPage(s.user.ID) + "/disable", "/admin/events"} {
				b.Get(page).Want(http.StatusOK).SaysNot(s.user.Email).SaysNot("another@example.net")
			}
		}
		hidden(s.b)
		s.b.Get(accountPage(s.user.ID)).Says(short).Says("a…@example.net")
		s.do("reveal").Leads(accountPage(s.user.ID))
		s.b.Get(accountPage(s.user.ID)).Says(s.user.Email).Says("another@example.net")
		hidden(another)
		p.exec(`UPDATE events SET at = '2020-01-01 00:00:00+00:00' WHERE reason = 'reveal'`)
		hidden(s.b)
	})
}

// A sign-in whose password was checked before everything was signed out is refused after it, also when the account was off
// meanwhile.
func TestOrdersRefuseSignInsUnderWay(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		for _, orders := range [][]string{{"end-sessions"}, {"disable", "enable"}, {"all"}} {
			proof, err := p.auth.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: s.user.Email, Password: password}, device.Client{})
			if err != nil {
				t.Fatal(err)
			}
			for _, action := range orders {
				if action == "all" {
					s.b.Post("/admin/sessions/end-all", "reason", "x").Leads("/admin")
				} else {
					s.do(action).Leads(accountPage(s.user.ID))
				}
			}
			_, err = p.sessions.SignIn(t.Context(), proof, session.SignInRequest{NewToken: session.NewToken{NewTokenHash: orders[0]}})
			if !errors.Is(err, auth.ErrConflict) {
				t.Errorf("%q: got %v, want ErrConflict", orders, err)
			}
		}
	})
}
