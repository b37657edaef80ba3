package handlers

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// failures are the rows that say that somebody failed to show who they are, or has a copy of a passkey.
const failures = `SELECT COALESCE(sum(times), 0) FROM events WHERE kind IN ('authn_login_fail', 'reauth_fail', 'passkey_cloned')`

// countOf is where the counter of a passkey begins, for one that counts its answers and for one that does not.
var countOf = map[string]uint32{"counting": 5, "not counting": 0}

// counting is a passkey that somebody signed in adds, with that counter.
func (b *browser) counting(count uint32) *passkeyDevice {
	d := newPasskeyDevice(b.p.t)
	d.count = count
	b.Reauth(password)
	b.enrol(d, "Key")
	return d
}

// An answer that was accepted and comes again is refused. It is no failure of the owner's and no copy of the passkey, so it is
// logged and not shown to the owner.
func TestPasskeyAnswerAgain(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for name, count := range countOf {
			in := p.signedIn(p.newUser("Pia"))
			d := in.counting(count)
			before := p.count(failures)
			logged := func() int { return strings.Count(p.log.String(), `"reason":"passkey"`) }
			answer := d.answers(p.browser().begin(beginSignIn))
			p.browser().finish(answer, "").Want(http.StatusOK)
			atFirst, again := logged(), p.browser()
			again.finish(answer, "").Want(http.StatusUnprocessableEntity)
			if again.Alive() {
				t.Errorf("%s: the same answer signed in twice", name)
			}
			if n := logged() - atFirst; n != 1 {
				t.Errorf("%s: %d lines in the log, want one", name, n)
			}
			confirmed := d.answers(in.begin(beginConfirm))
			in.Post(exportPath, "assertion", confirmed).Want(http.StatusOK)
			in.Post(exportPath, "assertion", confirmed).Want(http.StatusUnprocessableEntity)
			if n := p.count(failures); n != before {
				t.Errorf("%s: %d failures in the database, want none", name, n-before)
			}
		}
	})
}

// One press of a passkey that reaches two instances signs in once, and neither takes it for a failure.
func TestPasskeyOnTwoInstances(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			p.limits.Limiter, q.limits.Limiter = limiterOff{}, limiterOff{}
			d := p.signedIn(p.newUser("Pia")).counting(countOf["counting"])
			before := p.count(failures)
			for range 40 {
				b := p.browser()
				page := b.Get("/login")
				answer := d.answers(b.begin(beginSignIn))
				var all sync.WaitGroup
				for _, at := range []*portal{p, q} {
					from := &browser{b.Twin(), at}
					from.moveTo(at)
					from.Tolerant = true
					all.Go(func() { from.sendAsScript(page, []string{"assertion", answer}).Leads("/account") })
				}
				all.Wait()
			}
			if n := p.count(failures); n != before {
				t.Errorf("%d failures in the database, want none", n-before)
			}
		})
	}
}
