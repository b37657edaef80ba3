package handlers

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// An emptyLimit is used up, whoever asks. Others are as they are.
type emptyLimit struct {
	ratelimit.Limiter
	names []string
}

func (l emptyLimit) Take(ctx context.Context, key string, r ratelimit.Rule) time.Duration {
	if name, _, _ := strings.Cut(key, ":"); slices.Contains(l.names, name) {
		return time.Minute
	}
	return l.Limiter.Take(ctx, key, r)
}

// A thief with a copied cookie, on the network of the owner, uses up all that a session may do: the owner still shows who they are and
// ends what is to be ended.
func TestUsedUpLimitsEndNoLess(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, name := range []string{"re-authentication", "end of one", "end of the others", "end of all", "this was not me", "end of the path"} {
		p.limits.Limiter = limiterOff{}
		x := actForms[name](p)
		p.limits.Limiter = emptyLimit{limiterOff{}, []string{guard.KeyOf(guard.Asked), guard.KeyOf(guard.ChangesHere)}}
		x.send(x.b).Leads(x.leads)
	}
}

// Whoever has the password, and not the second step, keeps the owner's passkey out of no network.
func TestPasskeyWhileThePasswordIsKnown(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Pia")
	d := p.signedIn(u).passkeyOf("Laptop")
	for range guard.SignedInHere.Burst {
		p.withPassword(u.Email)
		p.limits.Reset(t.Context(), "account here:"+device.Client{IP: p.browser().IP}.Largest()+":"+u.NormalizedEmail, "account:"+u.NormalizedEmail)
	}
	b := p.browser()
	b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
}

// The email with the way past guesses is the way past right sign-ins of somebody else on the same network too.
func TestUnlockTokenPassesRightSignIns(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Uma")
	for range guard.SignedInHere.Burst {
		p.browser().SignIn(u.Email, password)
	}
	b := p.browser()
	b.Post("/login", "email", u.Email, "password", password).Want(http.StatusTooManyRequests).Says("the email we sent you")
	link := linkIn(t, p.email(u.Email, "unlock="))
	_, unlock, _ := strings.Cut(link, "unlock=")
	for range guard.Unlocked.Burst {
		p.browser().Post("/login", "email", u.Email, "password", password, "unlock", unlock).Leads("/account")
	}
	p.browser().Post("/login", "email", u.Email, "password", password, "unlock", unlock).Want(http.StatusTooManyRequests)
}

// A thief who fills the outbox first does not use up the alarms that it has no room for.
func TestAlarmAfterAFullOutbox(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Flo")
	emails := p.app.Outbox.Store.(*emailStore).db
	p.browser().SignIn(u.Email, password)
	storetest.FillOutbox(t, emails)
	for n := range guard.Found.Burst + 1 {
		p.browser().at("2001:db8:"+strconv.Itoa(6000+n)+"::1").SignIn(u.Email, password)
	}
	if _, err := emails.DB().ExecContext(t.Context(), `DELETE FROM letters`); err != nil {
		t.Fatal(err)
	}
	p.browser().at("2001:db8:7000::1").SignIn(u.Email, password)
	p.email(u.Email, "from a new device")
}

// Emails that are good to know use up none of the alarms: a session on a network elsewhere is told of after many on its own.
func TestAlarmAfterManyOthers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	for range guard.Found.Burst + 1 {
		b := p.signedIn(u)
		b.Agent = webtest.FirefoxOnWindows
		b.Get("/account")
	}
	b := p.signedIn(u).at(elsewhere(p))
	b.Agent = webtest.FirefoxOnWindows
	b.Get("/account")
	p.awaitEmails(u.Email, "One of your sessions was used from another browser", guard.Found.Burst+1)
}
