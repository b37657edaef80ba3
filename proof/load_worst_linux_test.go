package proof

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// TestTwoAtTheirWorst has one member and one demo visitor, on a connection each, ask without a pause for what costs most, while others
// sign in and have a new password sent to them: everybody is served, and gets their email. It takes turns with a quiet portal and
// prints both times (docs/evidence/load.md); how they compare is no verdict, because it depends on the machine.
func TestTwoAtTheirWorst(t *testing.T) {
	const people = 3
	turns, all := 1, map[string]func(testing.TB) environment{"sqlite": onSQLite}
	if *full {
		turns, all["postgres and redis"] = 8, onServersAlone
	}
	for name, newEnvironment := range all {
		t.Run(name, func(t *testing.T) {
			emails := startMailServer(t)
			p := emails.portal(t, newEnvironment(t))
			var others []string
			for i := range people {
				others = append(others, p.account(t, fmt.Sprintf("Other %d", i)))
			}
			worst := []func(context.Context){p.memberAtWorst(t), p.demoAtWorst(t)}
			took := map[bool]*waited{false: {}, true: {}}
			for range turns {
				for _, busy := range []bool{false, true} {
					ctx, stop := context.WithCancel(t.Context())
					var working sync.WaitGroup
					if busy {
						for _, work := range worst {
							working.Go(func() { work(ctx) })
						}
					}
					for _, email := range others {
						took[busy].serve(t, p, emails, email)
					}
					stop()
					working.Wait()
				}
			}
			quiet, busy := took[false], took[true]
			t.Logf("a sign-in took %s, and %s beside the two; an email %s, and %s beside them; medians of %d",
				middle(quiet.signIns), middle(busy.signIns), middle(quiet.emails), middle(busy.emails), len(busy.emails))
		})
	}
}

// A waited is how long people waited.
type waited struct{ signIns, emails []time.Duration }

// serve has one person sign in, and ask for a new password until its email is there.
func (w *waited) serve(t *testing.T, p *portal, emails mailServer, email string) {
	t.Helper()
	c, began := p.from(t), time.Now()
	c.SignIn(email, webtest.Password)
	w.signIns = append(w.signIns, time.Since(began))

	before, began := emails.counted()[email], time.Now()
	p.from(t).Post("/password/forgot", "email", email).Leads("/password/forgot/sent")
	webtest.Until(t, "an email with a link", func() bool { return emails.counted()[email] > before })
	w.emails = append(w.emails, time.Since(began))
}

// from is a browser in a network of its own.
func (p *portal) from(t testing.TB) *webtest.Client {
	c := p.Client(t)
	c.IP = webtest.Network() + "::1"
	return c
}

// memberAtWorst asks for what writes emails, rows and hashes.
func (p *portal) memberAtWorst(t *testing.T) func(context.Context) {
	email := p.account(t, "Member")
	b := p.from(t).SignIn(email, webtest.Password)
	b.Reauth(webtest.Password)
	return p.repeat(b, [][]string{
		{"/account/security/recovery-codes"}, {"/account/profile", "name", "Member"}, {"/account/email", "email", webtest.Email()},
		{"/reauth", "password", "not so good as it"}, {"/login", "email", email, "password", webtest.Password},
		{"/account/security/password", "current_password", webtest.Password, "password", webtest.Password + "x"},
		{"/account/security/totp", "begin", "yes"}, {"/password/forgot", "email", email}, {"/account/activity"},
	})
}

// demoAtWorst asks for demos, payments and everything that a demo may.
func (p *portal) demoAtWorst(t *testing.T) func(context.Context) {
	b := p.from(t)
	b.Post("/demo").Leads("/account")
	return p.repeat(b, [][]string{
		{"/demo"}, {"/basket", "plan", "hall"}, {"/billing/payment-method", "instrument", "visa-0001", "name", "Demo", "address", "1 Lane"},
		{"/billing/checkout"}, {"/account/export"}, {"/account/profile", "name", "Demo"}, {"/session/extend"}, {"/account/activity"},
	})
}

// repeat posts one form after the other until ctx ends. It asks for those without fields, too.
func (p *portal) repeat(b *webtest.Client, forms [][]string) func(context.Context) {
	return func(ctx context.Context) {
		for i := 0; ctx.Err() == nil; i++ {
			form := forms[i%len(forms)]
			method := http.MethodPost
			if strings.HasSuffix(form[0], "/activity") {
				method = http.MethodGet
			}
			if answer, err := b.Try(b.Request(method, form[0], form[1:]...)); err == nil && answer.StatusCode >= 500 && answer.StatusCode != http.StatusServiceUnavailable {
				b.T.Errorf("%s %s: got %d", method, form[0], answer.StatusCode)
			}
		}
	}
}

// middle is the median.
func middle(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2].Round(time.Millisecond)
}
