package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// budgets are the forms of somebody signed in, and the limit that each is taken from.
var budgets = map[string]guard.Limit{
	"new recovery codes": guard.Factors, "removal of the app": guard.Factors, "authenticator app": guard.Factors, "another passkey": guard.Factors,
	"removal of a passkey": guard.Factors, "password": guard.Passwords, "deletion": guard.Deletions, "keeping the account": guard.Asked,
	"another address": guard.Asked, "export": guard.Exports,
}

// Each form that writes an email, a row or an event is taken from a limit of its account. When it is used up nothing is changed, the
// page says for how long and leads back, and what was taken of a press that is repeated is taken once.
func TestEveryFormHasABudget(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for name, limit := range budgets {
		p.limits.Limiter = ratelimit.NewMemory()
		x := actForms[name](p)
		counting := newCountingLimiter(ratelimit.NewMemory())
		p.limits.Limiter = counting
		key, ok := guard.KeyOf(limit), false
		x.send(&browser{x.b.Twin(), p}).Leads(x.leads)
		x.send(&browser{x.b.Twin(), p}).Leads(x.leads) // the same press
		for taken, n := range counting.taken {
			if strings.HasPrefix(taken, key+":") && n > 0 {
				ok = true
				if n != 1 {
					t.Errorf("%s: %d taken from %q, want 1", name, n, key)
				}
			}
		}
		if !ok {
			t.Errorf("%s: nothing is taken from %q, but from %v", name, key, counting.taken)
		}
	}
}

// One member makes as many recovery codes as the limit lets through, and writes no more emails.
func TestOneMemberDoesNotFillTheOutbox(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Flo")
	b := p.signedIn(u)
	b.enrolApp()
	p.limits.Limiter = ratelimit.NewMemory()
	p.exec(`DELETE FROM letters`)
	for range guard.Factors.Burst {
		b.Post(recoveryCodesPage).Leads(recoveryCodesPage)
	}
	before := p.dumpOf("users", "recovery_codes", "acts", "letters")
	res := b.Post(recoveryCodesPage).Want(http.StatusTooManyRequests).Says("nothing was changed").Says("Go back")
	if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 300 {
		t.Errorf("Retry-After %q, want 1 to 300 seconds", res.Header.Get("Retry-After"))
	}
	if !strings.Contains(res.Body, `href="`+recoveryCodesPage+`"`) || p.dumpOf("users", "recovery_codes", "acts", "letters") != before {
		t.Error("something was changed, or nothing leads back")
	}
	if n := p.emailsStored(); n != guard.Factors.Burst {
		t.Errorf("%d emails, want %d", n, guard.Factors.Burst)
	}
	if !b.Alive() {
		t.Error("a limit signed somebody out")
	}
}

// Right sign-ins wait too, in the network that makes many and nowhere else.
func TestRightSignInsAreLimited(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, other := p.newUser("Rita"), p.newUser("Olaf")
	for range guard.SignedInHere.Burst {
		p.browser().SignIn(u.Email, password)
	}
	sessions := p.count(`SELECT count(*) FROM sessions`)
	p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusTooManyRequests).Says("Please try again in")
	if n := p.count(`SELECT count(*) FROM sessions`); n != sessions {
		t.Errorf("%d sessions, want %d", n, sessions)
	}
	p.browser().SignIn(other.Email, password)
	p.browser().at(elsewhere(p)).SignIn(u.Email, password)
}

// Strangers who have many emails of one kind sent to an address use up none of another kind, and a /48 is one network.
func TestEmailsOfEachKind(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Vera")
	for n := range 24 {
		p.browser().at("2001:db8:"+strconv.Itoa(7000+n%4)+"::1").Post("/signup", "name", "Mallory", "email", u.Email, "password", otherPassword)
	}
	for range 3 {
		p.browser().Post("/password/forgot", "email", u.Email).Leads("/password/forgot/sent")
	}
	p.awaitEmails(u.Email, "/password/reset/", 3)
	victim := webtest.Email()
	for n := range guard.EmailsHere.Burst + 1 {
		res := p.browser().at("2001:db8:8000:"+strconv.Itoa(n+1)+"::1").Post("/signup", "name", "Mallory", "email", victim, "password", otherPassword)
		if limited := res.StatusCode == http.StatusTooManyRequests; limited != (n == guard.EmailsHere.Burst) {
			t.Errorf("email %d from one /48: got %d", n+1, res.StatusCode)
		}
	}
}

// What the owner asks for from a browser and a network that the account knows comes through when strangers used up the emails of the
// address. The answer is that of any address.
func TestOwnerComesThrough(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, unknown := p.newUser("Olga"), webtest.Email()
	p.browser().SignIn(u.Email, password)
	for _, email := range []string{u.Email, unknown} {
		for n := range guard.Emails.Burst + 4 {
			p.browser().at("2001:db8:"+strconv.Itoa(6000+n%5)+"::1").Post("/password/forgot", "email", email)
		}
	}
	before := len(p.awaitEmails(u.Email, "/password/reset/", guard.Emails.Burst))
	known := p.browser().Post("/password/forgot", "email", u.Email).Want(http.StatusTooManyRequests)
	nobody := p.browser().Post("/password/forgot", "email", unknown).Want(http.StatusTooManyRequests)
	if known.Header.Get("Location") != nobody.Header.Get("Location") || !strings.Contains(nobody.Body, "we sent one all the same") ||
		!strings.Contains(known.Body, "we sent one all the same") {
		t.Error("the answers differ")
	}
	p.nextEmail(u.Email, "/password/reset/", before)
	stranger := p.browser().at(elsewhere(p))
	stranger.Post("/password/forgot", "email", u.Email).Want(http.StatusTooManyRequests)
	p.app.Outbox.Send(p.app.emails.AlreadyMember("last@example.org"))
	p.email("last@example.org", "account")
	if n := len(p.textsTo(u.Email, "/password/reset/")); n != before+1 {
		t.Errorf("%d emails, want the %d and one for the owner", n, before)
	}
	if len(p.textsTo(unknown, "")) > 0 {
		t.Error("an email to an address without an account")
	}
}

// A full outbox answers alike for known and unknown addresses, and no page says that an email was sent.
func TestFullOutboxSaysSo(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, unknown := p.newUser("Fulla"), webtest.Email()
	b := p.signedIn(u)
	storetest.FillOutbox(t, p.store)
	for _, email := range []string{u.Email, unknown} {
		b.Post("/password/forgot", "email", email).Want(http.StatusServiceUnavailable)
		b.Post("/signup", "name", "N", "email", email, "password", otherPassword).Want(http.StatusServiceUnavailable)
		stranger := p.browser().at(elsewhere(p))
		for range guard.AccountHere.Burst {
			stranger.guess(email).Want(http.StatusUnprocessableEntity)
		}
		stranger.guess(email).Want(http.StatusTooManyRequests).SaysNot("the email we sent you")
	}
	b.Reauth(password)
	b.Post("/account/email", "email", webtest.Email()).Want(http.StatusServiceUnavailable)
	if n := p.emailsStored(); n != mail.MaxQueued {
		t.Errorf("%d emails, want no more than before", n)
	}
}

// A network that has many emails waiting keeps nobody else from theirs, and is told that it has to wait.
func TestSenderWithManyEmails(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Quinn")
	for i := range mail.MaxOfSender {
		row, err := p.app.Outbox.Row(p.app.emails.AlreadyMember("x" + strconv.Itoa(i) + "@example.org").By(networkSender(device.Client{IP: p.browser().IP}, "")))
		row.DueAt = row.DueAt.Add(time.Hour) // they wait, so none leaves meanwhile
		if err == nil {
			err = p.store.AddEmail(t.Context(), row, mail.MaxQueued)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p.browser().Post("/password/forgot", "email", u.Email).Want(http.StatusServiceUnavailable)
	p.browser().at(elsewhere(p)).Post("/password/forgot", "email", u.Email).Leads("/password/forgot/sent")
}
