package handlers

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/webtest"
)

// A usedLink is the link of an email after it worked.
type usedLink struct {
	link   string
	owner  string // the address of its account since then
	said   string // the heading of its page
	fields []string
}

// usesLinks follows a link of every kind to its end, each in a browser and for an account of its own.
func (p *portal) usesLinks() map[string]usedLink {
	p.t.Helper()
	sign := p.signsUp(webtest.Email())
	p.browser().Post(sign.link).Want(http.StatusSeeOther)

	ann := p.newUser("Ann")
	reset := p.browser().forgets(ann.Email)
	p.browser().Post(reset, "password", otherPassword).Want(http.StatusSeeOther)

	mona, to := p.newUser("Mona"), webtest.Email()
	hers := p.signedIn(mona)
	confirm, _ := hers.moves(mona, to)
	hers.confirmsEmail(confirm).Want(http.StatusSeeOther)

	vic := p.newUser("Vic")
	_, undo := p.signedIn(vic).moves(vic, webtest.Email())
	p.browser().Post(undo).Want(http.StatusSeeOther)
	return map[string]usedLink{
		"sign-up": sign,
		"reset":   {reset, ann.Email, "The password was set", []string{"password", "nine calm otters drift"}},
		"email":   {confirm, to, "The new address was confirmed", nil},
		"undo":    {undo, vic.Email, "The change of address was taken back", nil},
	}
}

func (p *portal) signsUp(email string) usedLink {
	p.t.Helper()
	const about = "/email/confirm/"
	before := len(p.textsTo(email, about))
	p.browser().Post("/signup", "name", "Somebody", "email", email, "password", password).Want(http.StatusSeeOther)
	return usedLink{linkIn(p.t, p.nextEmail(email, about, before)), email, "The address was confirmed", nil}
}

// A link that is opened or pressed again after it worked says what it did, when and for which account, and does it no second
// time. For another purpose the token is one that was never sent.
func TestUsedLinkSaysWhatItDid(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for kind, used := range p.usesLinks() {
			before := p.effects()
			b := p.browser()
			b.Get(used.link).Want(http.StatusOK).Says(used.said).Says(used.owner).Says(time.Now().UTC().Format("2 January 2006")).Says("Sign in")
			if kind != "email" { // which is confirmed on a page for whoever is signed in
				b.Follow(b.Post(used.link, used.fields...)).Want(http.StatusOK).Says(used.said)
			}
			token := used.link[strings.LastIndex(used.link, "/"):]
			for _, path := range []string{"/email/confirm", "/email/undo", "/password/reset", "/account/email/confirm"} {
				if path+token != used.link {
					b.Get(path + token).Want(http.StatusNotFound).SaysNot(used.owner)
				}
			}
			if after := p.effects(); after != before {
				t.Errorf("%s: a used link did something:\n%s\nbefore:\n%s", kind, after, before)
			}
		}
	})
}

// effects is what a link of an email may change.
func (p *portal) effects() string {
	return p.dumpOf("users", "signups", "sessions", "letter_keys", "email_changes", "sent_tokens")
}

// Whoever comes back to the page behind a link after it worked reads the same, and a press there does nothing.
func TestPageOfUsedLink(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	b := p.browser()
	form := b.Follow(b.Get(b.forgets(u.Email)))
	b.Submit(form, "/password/reset", "password", otherPassword).Leads("/login?reset=yes")
	b.Get("/password/reset").Want(http.StatusOK).Says("The password was set").Says(u.Email)
	b.Submit(form, "/password/reset", "act", "", "password", "nine calm otters drift").Leads("/password/reset")
	p.browser().SignIn(u.Email, otherPassword)

	to := webtest.Email()
	b.SignIn(u.Email, otherPassword)
	b.Reauth(otherPassword).Want(http.StatusSeeOther)
	b.Post("/account/email", "email", to).Leads("/account/email")
	confirm := linkIn(t, p.email(to, "/account/email/confirm/"))
	b.confirmsEmail(confirm).Leads("/account/profile")
	b.Get("/account/email/confirm").Want(http.StatusOK).Says("The new address was confirmed").Says(to).Says("You are signed in to that account")
	b.Post("/account/email/confirm").Leads("/account/email/confirm")
	b.Get(confirm).Want(http.StatusOK).Says("You are signed in to that account")
	b.Post("/logout").Leads("/signed-out")
	b.Get("/password/reset").Want(http.StatusNotFound).SaysNot(u.Email) // the next person at this computer
}

// A link whose time is up says so, and one whose place another has taken: both offer the way to another email.
func TestLinkThatIsOver(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		p.limits.Limiter = limiterOff{}
		u, b := p.newUser("Olga"), p.browser()
		const replaced, expired = "This link was replaced", "This link has expired"
		first := b.forgets(u.Email)
		second := b.forgets(u.Email)
		b.Get(first).Want(http.StatusGone).Says(replaced).Says("Ask for another email")
		b.Post(first, "password", otherPassword).Want(http.StatusGone).Says(replaced)
		owner := p.signedIn(u)
		confirm, stop := owner.moves(u, webtest.Email())
		_, later := owner.moves(u, webtest.Email())
		b.Get(confirm).Want(http.StatusGone).Says(replaced).Says("Change your address")
		b.Post(stop).Leads("/password/forgot?undone=yes")
		b.Get(later).Want(http.StatusGone).Says(replaced)
		b.Post(later).Want(http.StatusGone).Says(replaced)
		b.Get(second).Want(http.StatusGone).Says(replaced)

		email := webtest.Email()
		one := p.signsUp(email)
		two := p.signsUp(email)
		b.Post(two.link).Leads("/login?confirmed=yes")
		b.Get(one.link).Want(http.StatusGone).Says(replaced).SaysNot(email)
		b.Post(one.link).Want(http.StatusGone).Says(replaced)

		waits := p.signsUp(webtest.Email())
		third := b.forgets(email)
		time.Sleep(account.ResetValid)
		b.Get(third).Want(http.StatusGone).Says(expired).Says("Ask for another email").SaysNot(email)
		b.Post(third, "password", otherPassword).Want(http.StatusGone).Says(expired)
		time.Sleep(account.SignUpValid)
		b.Get(waits.link).Want(http.StatusGone).Says(expired).Says("Create an account").SaysNot(waits.owner)
		b.Post(waits.link).Want(http.StatusGone).Says(expired)
	})
}

// What became of a token is forgotten a week after the time of the token, and with its account.
func TestSentTokensAreForgotten(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u := p.newUser("Fay")
		link := p.browser().forgets(u.Email)
		p.browser().Post(link, "password", otherPassword).Want(http.StatusSeeOther)
		sweep := func() {
			t.Helper()
			if err := p.sweepAll(p.t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(account.ResetValid + account.SentTokenKept - time.Minute)
		sweep()
		p.browser().Get(link).Want(http.StatusOK)
		time.Sleep(time.Minute)
		sweep()
		p.browser().Get(link).Want(http.StatusNotFound).Says("This link does not work")

		link = p.browser().forgets(u.Email)
		p.browser().Post(link, "password", password).Want(http.StatusSeeOther)
		p.exec(`DELETE FROM users WHERE id = $1`, u.ID)
		p.browser().Get(link).Want(http.StatusNotFound).SaysNot(u.Email)
		if n := p.count(`SELECT count(*) FROM sent_tokens`); n != 0 {
			t.Errorf("%d rows about tokens left, want none", n)
		}
	})
}

// A link that was sent before an update of the portal works, and is remembered from its use on.
func TestLinkOfOlderProgram(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	link := p.browser().forgets(p.newUser("Ada").Email)
	p.exec(`DELETE FROM sent_tokens`)
	p.browser().Post(link, "password", otherPassword).Want(http.StatusSeeOther)
	p.browser().Get(link).Want(http.StatusOK).Says("The password was set")
}

// What the link of an email does while somebody else is signed in is said on the page that follows, with the address of the
// account that it was done to. The session of this browser goes on.
func TestLinkWhileSomebodyElseIsSignedIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	bob := p.newUser("Bob")
	b := p.signedIn(bob)
	ann, vic := p.newUser("Ann"), p.newUser("Vic")
	_, undo := p.signedIn(vic).moves(vic, webtest.Email())
	sign := p.signsUp(webtest.Email())
	for _, l := range []usedLink{
		{b.forgets(ann.Email), ann.Email, "The password was set", []string{"password", otherPassword}},
		{undo, vic.Email, "The change of address was taken back", nil},
		sign,
	} {
		b.Follow(b.Post(l.link, l.fields...)).Want(http.StatusOK).Says(l.said).Says(l.owner).Says("You are signed in here as " + bob.Email)
		b.Get(l.link).Want(http.StatusOK).Says(l.said).Says("You are signed in here as " + bob.Email)
		if !b.Alive() {
			t.Fatalf("%s: the other session is over", l.said)
		}
	}

	form := b.Follow(b.Get(b.forgets(ann.Email))).Want(http.StatusOK).Says(ann.Email)
	b.Follow(b.Submit(form, "/password/reset", "password", password)).Want(http.StatusOK).
		Says("The password was set").Says(ann.Email).Says("You are signed in here as " + bob.Email)
	p.browser().SignIn(ann.Email, password)

	again := p.signedIn(ann) // the owner, with a link from before
	again.Get(undo).Says("You are signed in here as " + ann.Email)
	link := again.forgets(ann.Email)
	again.Post(link, "password", otherPassword).Leads("/login?reset=yes")
	again.Get("/login?reset=yes").Says("Your password was changed and every device signed out")
	again.SignIn(ann.Email, otherPassword)
	again.Get(link).Want(http.StatusOK).Says("You are signed in to that account").SaysNot("You are signed in here as")
}

// The link that confirms an address says that it is for another account, and which address it is about.
func TestAddressLinkOfAnotherAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ann, bob, to := p.newUser("Ann"), p.newUser("Bob"), webtest.Email()
	hers, his := p.signedIn(ann), p.signedIn(bob)
	confirm, _ := hers.moves(ann, to)
	his.Follow(his.Get(confirm)).Want(http.StatusForbidden).Says("This link is for another account").Says(to).Says(bob.Email).SaysNot(ann.Email)
	his.Post("/account/email/confirm").Want(http.StatusForbidden).Says("This link is for another account")
	p.browser().SignIn(ann.Email, password)
	if !his.Alive() {
		t.Error("the other session is over")
	}
}

// A page that was reloaded after another link was followed in the same browser says that it is for another account.
func TestReloadedResetPageNamesItsAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ann, bob, b := p.newUser("Ann"), p.newUser("Bob"), p.browser()
	const notice = "Another link was opened in this browser"
	tab := b.Get(b.forgets(ann.Email))
	first := b.Follow(tab).Want(http.StatusOK).Says(ann.Email).SaysNot(notice)
	b.Follow(b.Get(b.forgets(bob.Email))).Want(http.StatusOK).Says(bob.Email).SaysNot(notice)
	b.Follow(tab).Want(http.StatusOK).Says(bob.Email).Says(notice)

	refused := b.Submit(first, "/password/reset", "password", otherPassword).Want(http.StatusConflict).Says(bob.Email)
	b.Get(linkNamed(refused, "Go on with the other account")).Want(http.StatusOK).Says(bob.Email).SaysNot(notice)

	form := b.Get("/password/reset")
	b.Submit(form, "/password/reset", "password", otherPassword).Leads("/login?reset=yes")
	b.Submit(first, "/password/reset", "password", otherPassword).Want(http.StatusConflict).Says(bob.Email)
	p.browser().SignIn(ann.Email, password)
}

// The form that confirms an address confirms no other than it shows.
func TestAddressFormNamesItsAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, first, second := p.newUser("Ann"), webtest.Email(), webtest.Email()
	b := p.signedIn(u)
	one, _ := b.moves(u, first)
	form := b.Follow(b.Get(one)).Want(http.StatusOK).Says(first)
	two, _ := b.moves(u, second)
	b.Get(two).Leads("/account/email/confirm")
	refused := b.Submit(form, "/account/email/confirm").Want(http.StatusConflict).Says(second).Says("Nothing was changed")
	if to := p.count(`SELECT count(*) FROM users WHERE id = $1 AND email = $2`, u.ID, u.Email); to != 1 {
		t.Error("the address was changed")
	}
	now := b.Get(linkNamed(refused, "Go on with the other address")).Want(http.StatusOK).Says(second)
	b.Submit(now, "/account/email/confirm").Leads("/account/profile")
}

// The second step of a sign-in names the account whose password was right, and so does the page that refuses the form of
// another: it leads on.
func TestSecondStepNamesItsAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	vera, hers, _ := p.enrolled("Vera")
	walt, _, _ := p.enrolled("Walt", hers)
	b := p.withPassword(vera.Email)
	form := b.Get("/login/verify").Says(vera.Email)
	b.Post("/login", "email", walt.Email, "password", password).Leads("/login/verify")
	refused := b.Submit(form, "/login/verify", "code", hers.code()).Want(http.StatusConflict).Says(walt.Email)
	b.Get(linkNamed(refused, "Go on with the other account")).Want(http.StatusOK).Says(walt.Email)
}

// linkNamed is where the link with that text leads, "" without one.
func linkNamed(a *webtest.Answer, text string) string {
	found := regexp.MustCompile(`href="([^"]+)">` + text + `</a>`).FindStringSubmatch(a.Body)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}
