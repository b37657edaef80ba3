package handlers

import (
	"context"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/webtest"
)

// A bank is the sandbox with somebody watching: it notes every charge it is asked for, and complains about an id that
// comes back as another charge.
type bank struct {
	billing.Gateway
	t     *testing.T
	mu    sync.Mutex
	asked map[string][]billing.Charge
}

func (k *bank) Charge(ctx context.Context, c billing.Charge, deliver func(context.Context, billing.State) error) error {
	k.mu.Lock()
	for _, before := range k.asked[c.ID] {
		if before != c {
			k.t.Errorf("charge %s came as %+v and then as %+v", c.ID, before, c)
		}
	}
	k.asked[c.ID] = append(k.asked[c.ID], c)
	k.mu.Unlock()
	return k.Gateway.Charge(ctx, c, deliver)
}

// charges is how many different charges the bank was asked for.
func (k *bank) charges() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.asked)
}

// times is how often the bank was asked, whatever for.
func (k *bank) times() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, one := range k.asked {
		n += len(one)
	}
	return n
}

// till puts a watched sandbox, or what is given instead, behind the portal.
func (p *portal) till(instead billing.Gateway) *bank {
	if instead == nil {
		instead = billing.Sandbox{}
	}
	k := &bank{Gateway: instead, t: p.t, asked: map[string][]billing.Charge{}}
	p.app.Billing = billing.New(p.store.Ledger(p.audit), k, p.app.Log)
	return k
}

// onTills runs a test on each backend, with a watched bank and without limits on attempts.
func onTills(t *testing.T, test func(t *testing.T, p *portal, k *bank)) {
	t.Helper()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			p.app.Attempts = limiterOff{}
			test(t, p, p.till(nil))
		})
	}
}

// payer is somebody with a payment method and a plan in the basket.
func (p *portal) payer(instrument string) (auth.User, *browser) {
	p.t.Helper()
	u := p.newUser("Paula")
	b := p.signedIn(u)
	b.Reauth(password).Want(http.StatusSeeOther)
	b.method(instrument)
	b.Post("/basket", "plan", "hall").Leads("/plans")
	return u, b
}

func (b *browser) method(instrument string) {
	b.p.t.Helper()
	b.Post("/billing/payment-method", "instrument", instrument, "name", "Paula Payer", "address", "1 Mint Lane\r\n\"Gold\" Hill").Leads("/billing")
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// reviewed opens the checkout and returns what its form would send, as browsers send it.
func (b *browser) reviewed() url.Values {
	b.p.t.Helper()
	shown := url.Values{}
	_, page, _ := strings.Cut(b.Get("/billing/checkout").Want(http.StatusOK).Body, `action="/billing/checkout"`)
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		if m[1] != "next" {
			shown.Set(m[1], strings.ReplaceAll(html.UnescapeString(m[2]), "\n", "\r\n"))
		}
	}
	if !billing.IsOrder(shown.Get("order")) {
		b.p.t.Fatalf("no order in the review: %v", shown)
	}
	return shown
}

func (b *browser) confirm(shown url.Values, password string) *webtest.Answer {
	b.p.t.Helper()
	sent := url.Values{"password": {password}}
	maps.Copy(sent, shown)
	r := b.NewRequest("POST", "/billing/checkout", strings.NewReader(sent.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// settled checks how many payments there are in each state, and how many events tell of them.
func (p *portal) settled(paid, declined, pending int) {
	p.t.Helper()
	for state, want := range map[string]int{"paid": paid, "declined": declined, "pending": pending} {
		if got := p.count(`SELECT count(*) FROM payments WHERE state = $1`, state); got != want {
			p.t.Errorf("%d payments %s, want %d", got, state, want)
		}
	}
	for kind, want := range map[string]int{"payment_made": paid, "payment_declined": declined} {
		if got := p.count(`SELECT count(*) FROM events WHERE kind = $1`, kind); got != want {
			p.t.Errorf("%d events %s, want %d", got, kind, want)
		}
		if got := strings.Count(p.log.String(), `"msg":"`+kind+`"`); got != want {
			p.t.Errorf("%d log lines %s, want %d", got, kind, want)
		}
	}
}

// The way from the plans to a receipt. What is confirmed is what is kept.
func TestPay(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		u := p.newUser("Paula")
		b := p.browser()
		b.Post("/basket", "plan", "hall").Leads("/plans")
		b.Get("/billing/checkout").Leads("/login?next=%2Fbilling%2Fcheckout")
		b.SignIn(u.Email, password)
		b.Get("/plans").Says("Go to checkout")
		const toMethod = "/billing/payment-method?next=%2Fbilling%2Fcheckout"
		b.Get("/billing/checkout").Leads(toMethod)
		b.Post("/billing/checkout", "password", password).Leads(toMethod)
		b.Get(toMethod).Leads("/reauth?next=" + url.QueryEscape(toMethod))
		b.Reauth(password)
		b.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Paula", "address", "1 Mint Lane\r\nBath", "next", "/billing/checkout").
			Leads("/billing/checkout")

		b.Get("/billing/checkout").Says("12.00 EUR").Says("Gatehouse Demo Ltd").Says("Test Visa ending 4242").Says("Paula 1 Mint Lane Bath")
		shown := b.reviewed()
		receipt := "/billing/receipts/" + shown.Get("order")
		b.confirm(shown, password).Leads(receipt)
		b.Get(receipt).Want(200).Says("Payment received").Says("Hall").Says("12.00 EUR").Says("Test Visa ending 4242").Says("Paula 1 Mint Lane Bath")
		b.Get("/billing").Want(200).Says("Hall One month, since").Says("Hall , 12.00 EUR Paid")
		b.Get("/billing/checkout").Want(200).Says("Your basket is empty")
		b.Get("/account/activity?kind=payments").Says("Payment made Worth a look")
		b.Get("/plans").SaysNot("In your basket")

		want := billing.Charge{ID: shown.Get("order"), Instrument: "visa-4242", Amount: billing.Money{Minor: 1200, Currency: "EUR"}, Payee: "Gatehouse Demo Ltd"}
		got := k.asked[want.ID]
		if len(got) != 1 || got[0].At.IsZero() {
			t.Fatalf("the bank was asked %v, want one charge", k.asked)
		}
		if got[0].At = (time.Time{}); got[0] != want {
			t.Errorf("the bank was asked for %+v, want %+v", got[0], want)
		}
		p.settled(1, 0, 0)
		if n := p.count(`SELECT count(*) FROM payments WHERE id = $1 AND user_id = $2 AND session_id = $3 AND plan = 'hall' AND amount = 1200
			AND currency = 'EUR' AND payee = 'Gatehouse Demo Ltd' AND last_four = '4242' AND name = 'Paula' AND settled_at >= created_at`,
			want.ID, u.ID, b.Handle()); n != 1 {
			t.Error("the row is not what was confirmed")
		}
		if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_made' AND user_id = $1 AND session_id = $2 AND ip <> ''`, u.ID, b.Handle()); n != 1 {
			t.Error("the event does not name session and client")
		}
	})
}

// What the form says was seen is compared with what is true, part by part. Any difference and nothing is paid.
func TestReviewIsCompared(t *testing.T) {
	changes := map[string]struct {
		tamper func(shown url.Values)
		before func(b *browser) // in another tab, between the review and the confirmation
		says   string
	}{
		"amount":             {tamper: func(s url.Values) { s.Set("amount", "1") }, says: "The amount is 12.00 EUR."},
		"no amount":          {tamper: func(s url.Values) { s.Del("amount") }, says: "The amount is 12.00 EUR."},
		"another number":     {tamper: func(s url.Values) { s.Set("amount", "01200") }, says: "The amount is 12.00 EUR."},
		"currency":           {tamper: func(s url.Values) { s.Set("currency", "JPY") }, says: "The amount is 12.00 EUR."},
		"payee":              {tamper: func(s url.Values) { s.Set("payee", "Mallory Ltd") }, says: "The payee is Gatehouse Demo Ltd."},
		"instrument":         {tamper: func(s url.Values) { s.Set("instrument", "debit-0077") }, says: "It is Test Visa ending 4242 now."},
		"invoice name":       {tamper: func(s url.Values) { s.Set("name", "Mallory") }, says: "on the invoice was changed"},
		"invoice address":    {tamper: func(s url.Values) { s.Set("address", "") }, says: "on the invoice was changed"},
		"plan":               {tamper: func(s url.Values) { s.Set("plan", "keep") }, says: "It holds Hall now."},
		"order":              {tamper: func(s url.Values) { s.Set("order", billing.NewOrder()) }, says: "It holds Hall now."},
		"plan elsewhere":     {before: func(b *browser) { b.Post("/basket", "plan", "keep") }, says: "It holds Keep now."},
		"same plan again":    {before: func(b *browser) { b.Post("/basket", "plan", "hall") }, says: "It holds Hall now."},
		"method elsewhere":   {before: func(b *browser) { b.method("debit-0077") }, says: "It is Test debit ending 0077 now."},
		"nothing was posted": {tamper: func(s url.Values) { clear(s) }, says: "The amount is 12.00 EUR."},
	}
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		for what, change := range changes {
			_, b := p.payer("visa-4242")
			shown := b.reviewed()
			if change.before != nil {
				change.before(b)
			}
			if change.tamper != nil {
				change.tamper(shown)
			}
			res := b.confirm(shown, password)
			if res.StatusCode != http.StatusConflict {
				t.Errorf("%s: got %d, want 409", what, res.StatusCode)
				continue
			}
			res.Says("Nothing was paid").Says(change.says).SaysNot("Mallory").SaysNot("JPY")
		}
		p.settled(0, 0, 0)
		if k.charges() != 0 {
			t.Errorf("the bank was asked %d times", k.charges())
		}
	})
}

// A changed review costs no guess at the password, and can be confirmed as it is now.
func TestConfirmAfterAChange(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("visa-4242")
		shown := b.reviewed()
		b.Post("/basket", "plan", "keep")
		b.confirm(shown, "wrong, and long enough").Want(http.StatusConflict).SaysNot("not your password")
		if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_confirm_fail'`); n != 0 {
			t.Errorf("%d failed confirmations, want 0", n)
		}
		b.Follow(b.confirm(b.reviewed(), password)).Says("Payment received").Says("48.00 EUR")
		p.settled(1, 0, 0)
	})
}

// However often one order is confirmed at once, it is charged once, and everybody gets the same receipt.
func TestConfirmedAtOnce(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			k := p.till(nil)
			q.app.Billing = p.app.Billing
			p.app.Attempts, q.app.Attempts = limiterOff{}, limiterOff{}
			_, b := p.payer("visa-4242")
			shown := b.reviewed()
			var wg sync.WaitGroup
			for i := range 8 { // each costs a hash, and nobody queues for one for long
				tab := []*portal{p, q}[i%2].browser()
				tab.Cookies["__Host-id"] = b.Token()
				wg.Go(func() {
					if res := tab.confirm(shown, password); res.Header.Get("Location") != "/billing/receipts/"+shown.Get("order") {
						t.Errorf("got %d to %q, want the receipt", res.StatusCode, res.Header.Get("Location"))
					}
				})
			}
			wg.Wait()
			if k.times() != 1 {
				t.Errorf("the bank was asked %d times, want once", k.times())
			}
			if n := p.count(`SELECT count(*) FROM payments`); n != 1 {
				t.Errorf("%d payments, want 1", n)
			}
			if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_made'`); n != 1 {
				t.Errorf("%d events, want 1", n)
			}
		})
	}
}

// Sending the same confirmation again leads to the same receipt, also when a slow request has brought the basket back,
// and also with a wrong password: nothing is done that would need one.
func TestReplay(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("visa-4242")
		shown := b.reviewed()
		receipt := "/billing/receipts/" + shown.Get("order")
		b.confirm(shown, password).Leads(receipt)
		b.confirm(shown, password).Leads(receipt)
		b.confirm(shown, "wrong, and long enough").Leads(receipt)
		p.bringBack(b, shown)
		b.Get("/plans").Says("In your basket")
		b.Get("/billing/checkout").Leads(receipt)
		b.confirm(shown, password).Leads(receipt)
		b.Get("/plans").SaysNot("In your basket")
		if k.times() != 1 {
			t.Errorf("the bank was asked %d times, want once", k.times())
		}
		b.Post("/basket", "plan", "keep")
		b.confirm(shown, password).Leads(receipt) // from a page that was left open: the next basket stays
		b.Get("/plans").Says("In your basket")
		p.settled(1, 0, 0)
	})
}

// bringBack puts an old basket into the bag, as the slower of two requests can.
func (p *portal) bringBack(b *browser, shown url.Values) {
	p.t.Helper()
	routed := p.Handler
	defer func() { p.Handler = routed }()
	p.Handler = p.app.clientAddress()(p.app.exchange(p.app.headers(p.app.session(p.app.handle(func(w http.ResponseWriter, r *http.Request) error {
		p.app.Bag.Put(r.Context(), bagPlan, shown.Get("plan"))
		p.app.Bag.Put(r.Context(), bagOrder, shown.Get("order"))
		return p.app.render(w, r, http.StatusOK, &landingView{})
	})))))
	b.Get("/").Want(http.StatusOK)
}

// A declined payment pays nothing. The plan stays in the basket as an order that can be paid.
func TestDeclined(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("mastercard-0002")
		first := b.reviewed()
		b.Follow(b.confirm(first, password)).Says("Payment declined").Says("Nothing was paid.").Says("Test Mastercard ending 0002")
		b.Get("/billing").Says("Plan None").Says("Declined")
		b.confirm(first, password).Leads("/billing/receipts/" + first.Get("order")) // the old order stays declined
		b.method("visa-4242")
		second := b.reviewed()
		if second.Get("order") == first.Get("order") {
			t.Fatal("the declined order is still in the basket")
		}
		p.bringBack(b, first)
		b.Get("/billing/checkout").Leads("/billing/receipts/" + first.Get("order"))
		b.Post("/basket", "plan", "hall", "next", "/billing/checkout").Leads("/billing/checkout") // "Try again"
		b.Follow(b.confirm(b.reviewed(), password)).Says("Payment received")
		p.settled(1, 1, 0)
		if k.times() != 2 {
			t.Errorf("the bank was asked %d times, want twice", k.times())
		}
	})
}

// A payment without an answer stays open until asking again brings one. Looking does not.
func TestNoAnswer(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("visa-0119")
		shown := b.reviewed()
		receipt := b.confirm(shown, password).Want(http.StatusSeeOther).Header.Get("Location")
		b.Get(receipt).Says("We do not know yet").Says("Please do not pay again")
		b.confirm(shown, password).Leads(receipt)
		b.Get("/billing").Says("Plan None").Says("Not known yet")
		b.Get("/billing/checkout").Says("Your basket is empty")
		b.Post("/basket", "plan", "hall").Leads("/plans")
		b.Get("/billing/checkout").Says("Another payment has no answer yet")

		asked := k.times()
		if err := p.app.Billing.Reconcile(t.Context()); err != nil || k.times() != asked {
			t.Errorf("asked again at once: %d times, %v", k.times()-asked, err)
		}
		p.exec(`UPDATE payments SET created_at = $1`, time.Now().UTC().Add(-time.Minute).Truncate(time.Microsecond))
		k.asked = map[string][]billing.Charge{} // it would come as another charge: its time is a minute earlier now
		for _, path := range []string{receipt, "/billing", "/billing/checkout", "/account"} {
			for _, method := range []string{"GET", "HEAD"} {
				r := b.NewRequest(method, path, nil)
				r.Header.Set("Sec-Purpose", "prefetch")
				b.Do(r).Want(http.StatusOK)
			}
		}
		p.settled(0, 0, 1)
		if k.times() != 0 {
			t.Error("looking asked the bank")
		}

		var wg sync.WaitGroup
		for range 4 { // as many instances
			wg.Go(func() {
				if err := p.app.Billing.Reconcile(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b.Get(receipt).Says("Payment received")
		p.settled(1, 0, 0)
		if k.charges() != 1 {
			t.Errorf("%d charges, want 1", k.charges())
		}
		if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_made' AND ip = '' AND session_id = $1`, b.Handle()); n != 1 {
			t.Error("the event of the late answer names a client, or not the session")
		}
		asked = k.times()
		if err := p.app.Billing.Reconcile(t.Context()); err != nil || k.times() != asked {
			t.Errorf("asked about a settled payment: %d times, %v", k.times()-asked, err)
		}
	})
}

// scripted answers every charge as it is told to.
type scripted func(ctx context.Context, deliver func(context.Context, billing.State) error) error

func (s scripted) Charge(ctx context.Context, _ billing.Charge, deliver func(context.Context, billing.State) error) error {
	return s(ctx, deliver)
}

// The first answer stands, whatever comes after it. A contradiction is an operator's business.
func TestAnsweredTwice(t *testing.T) {
	for name, test := range map[string]struct {
		answers        []billing.State
		paid, declined int
		contradiction  bool
	}{
		"paid twice":         {[]billing.State{billing.Paid, billing.Paid}, 1, 0, false},
		"paid then declined": {[]billing.State{billing.Paid, billing.Declined}, 1, 0, true},
		"declined then paid": {[]billing.State{billing.Declined, billing.Paid}, 0, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			onTills(t, func(t *testing.T, p *portal, _ *bank) {
				p.till(scripted(func(ctx context.Context, deliver func(context.Context, billing.State) error) error {
					for _, answer := range test.answers {
						if err := deliver(ctx, answer); err != nil {
							t.Errorf("deliver: %v", err)
						}
					}
					return nil
				}))
				_, b := p.payer("visa-4242")
				b.confirm(b.reviewed(), password).Want(http.StatusSeeOther)
				p.settled(test.paid, test.declined, 0)
				if got := strings.Contains(p.log.String(), "payment answered differently"); got != test.contradiction {
					t.Errorf("a contradiction in the log: %v, want %v", got, test.contradiction)
				}
			})
		})
	}
	onTills(t, func(_ *testing.T, p *portal, _ *bank) { // the instrument that does it
		_, b := p.payer("debit-0077")
		b.Follow(b.confirm(b.reviewed(), password)).Says("Payment received")
		p.settled(1, 0, 0)
	})
}

// A gateway that answers after the request is over, or says something that is no answer, or fails.
func TestAnsweredByItself(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, _ *bank) {
		var later func(context.Context, billing.State) error
		var over context.Context
		p.till(scripted(func(ctx context.Context, deliver func(context.Context, billing.State) error) error {
			over, later = ctx, deliver
			if err := deliver(ctx, billing.Pending); err == nil {
				t.Error("an answer that is none was taken")
			}
			return context.DeadlineExceeded
		}))
		_, b := p.payer("visa-4242")
		receipt := b.confirm(b.reviewed(), password).Want(http.StatusSeeOther).Header.Get("Location")
		b.Get(receipt).Says("We do not know yet")
		p.settled(0, 0, 1)
		if err := later(over, billing.Paid); err == nil {
			t.Error("an answer that could not be written was taken")
		}
		p.settled(0, 0, 1)
		if err := later(t.Context(), billing.Paid); err != nil {
			t.Error(err)
		}
		b.Get(receipt).Says("Payment received")
		p.settled(1, 0, 0)
	})
}

// A gateway that hangs is waited for ten seconds, and no longer.
func TestGatewayHangs(t *testing.T) {
	p := newPortal(t)
	p.app.Attempts = limiterOff{}
	p.till(scripted(func(ctx context.Context, _ func(context.Context, billing.State) error) error {
		<-ctx.Done()
		return ctx.Err()
	}))
	u := p.newUser("Paula")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		b.Reauth(password)
		b.method("visa-4242")
		b.Post("/basket", "plan", "hall")
		shown, began := b.reviewed(), time.Now()
		b.Follow(b.confirm(shown, password)).Says("We do not know yet")
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("waited %s, want 10s", waited)
		}
	})
	p.settled(0, 0, 1)
}

// Every payment takes the password, right after a re-authentication too, and the answer opens nothing else.
func TestPaymentTakesThePassword(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		u, b := p.payer("visa-4242")
		b.Get("/billing/payment-method").Want(http.StatusOK) // re-authenticated a moment ago
		shown := b.reviewed()
		b.confirm(shown, "").Want(422).Says("Enter your password.")
		b.confirm(shown, otherPassword).Want(422).Says("That is not your password.")
		p.settled(0, 0, 0)
		if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_confirm_fail' AND user_id = $1`, u.ID); n != 1 || k.charges() != 0 {
			t.Errorf("%d failed confirmations and %d charges, want 1 and 0", n, k.charges())
		}
		other := p.signedIn(u)
		other.Post("/basket", "plan", "keep")
		token := other.Token()
		other.confirm(other.reviewed(), password).Want(http.StatusSeeOther)
		p.settled(1, 0, 0)
		other.Get("/billing/payment-method").Leads("/reauth?next=%2Fbilling%2Fpayment-method")
		if other.Token() != token {
			t.Error("paying rotated the token")
		}
	})
}

// Guessing in the review counts like guessing anywhere else in the session.
func TestPaymentGuesses(t *testing.T) {
	p := newPortal(t)
	k := p.till(nil)
	_, b := p.payer("visa-4242")
	shown := b.reviewed()
	for range 3 {
		b.confirm(shown, otherPassword).Want(422)
	}
	b.Reauth(otherPassword).Want(422)
	b.confirm(shown, otherPassword).Want(422)
	if res := b.confirm(shown, password).Want(http.StatusTooManyRequests); res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	p.settled(0, 0, 0)
	if k.charges() != 0 {
		t.Error("the bank was asked")
	}
}

// Somebody else's payment answers like one that does not exist, and stays as it is.
func TestForeignPayment(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, alice := p.payer("visa-0119")
		theirs := alice.reviewed()
		receipt := alice.confirm(theirs, password).Want(http.StatusSeeOther).Header.Get("Location")
		_, mallory := p.payer("visa-4242")
		shown := mallory.reviewed()
		shown.Set("order", theirs.Get("order"))
		mallory.confirm(shown, password).Want(http.StatusNotFound)
		p.bringBack(mallory, theirs) // the order in the bag as well
		mallory.confirm(shown, password).Want(http.StatusNotFound)
		for _, id := range []string{theirs.Get("order"), billing.NewOrder(), "nothing", "%00", "%ff", strings.Repeat("A", 3000)} {
			if got := mallory.Get("/billing/receipts/" + id).StatusCode; got != http.StatusNotFound {
				t.Errorf("receipt %.20s: got %d, want 404", id, got)
			}
		}
		mallory.Get("/billing").SaysNot("Not known yet")
		alice.Get(receipt).Want(http.StatusOK)
		p.settled(0, 0, 1)
		if k.times() != 1 || !strings.Contains(p.log.String(), `"msg":"authz_fail"`) {
			t.Errorf("the bank was asked %d times, want once; and want authz_fail in the log", k.times())
		}
	})
}

// racing runs something between the check of the password and the payment: a right password resets its limit.
type racing struct {
	limiterOff
	act func()
}

func (r racing) Reset(context.Context, ...string) { r.act() }

var _ ratelimit.Limiter = racing{}

// A session that is over pays nothing, and neither does one that ends while its password is being checked.
func TestPayingSessionEnds(t *testing.T) {
	for what, act := range map[string]func(p *portal, other, b *browser){
		"revoked": func(_ *portal, other, b *browser) {
			other.Post("/account/sessions/end-others").Want(http.StatusSeeOther)
		},
		"timed out": func(p *portal, _, b *browser) {
			p.exec(`UPDATE sessions SET idle_expires_at = $1 WHERE token_hash = $2`, time.Now().UTC().Add(-time.Second), auth.HashToken(b.Token()))
		},
		"rotated": func(p *portal, _, b *browser) {
			p.exec(`UPDATE sessions SET token_hash = 'another' WHERE token_hash = $1`, auth.HashToken(b.Token()))
		},
	} {
		t.Run(what, func(t *testing.T) {
			onTills(t, func(t *testing.T, p *portal, k *bank) {
				u, b := p.payer("visa-4242")
				other := p.signedIn(u)
				other.Reauth(password)
				shown := b.reviewed()
				p.app.Attempts = racing{act: func() { act(p, other, b) }}
				b.confirm(shown, password).Want(http.StatusConflict).Says("nothing was changed")
				p.app.Attempts = limiterOff{}
				p.settled(0, 0, 0)
				if what == "revoked" {
					b.confirm(shown, password).Leads("/login?next=%2Fbilling%2Fcheckout")
				}
				if n := p.count(`SELECT count(*) FROM payments`); n != 0 || k.charges() != 0 {
					t.Errorf("%d payments and %d charges, want none", n, k.charges())
				}
			})
		})
	}
}

// A plan that costs nothing needs neither method nor gateway; it is still confirmed.
func TestFreePlan(t *testing.T) {
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("visa-4242") // the method is not used
		b.Post("/basket", "plan", "porch")
		b.Get("/billing/checkout").Want(200).Says("Review and start").Says("0.00 EUR").SaysNot("Visa")
		shown := b.reviewed()
		b.confirm(shown, "").Want(422)
		b.confirm(shown, otherPassword).Want(422)
		receipt := b.confirm(shown, password).Want(http.StatusSeeOther).Header.Get("Location")
		b.confirm(shown, password).Leads(receipt)
		b.Get(receipt).Says("Plan started").Says("There was nothing to pay.")
		b.Get("/billing").Says("Porch").Says("Started")
		if n := p.count(`SELECT count(*) FROM events WHERE kind = 'plan_started'`); n != 1 || k.charges() != 0 {
			t.Errorf("%d events and %d charges, want 1 and 0", n, k.charges())
		}
		b.Get("/account/activity?kind=payments").Says("A plan that costs nothing was started")
	})
}

// An empty basket is a page and no fault; one that cannot be reached is not called empty.
func TestEmptyBasket(t *testing.T) {
	under := sqliteBackend(t)
	bags := &brokenBags{Bags: under.bags}
	p := portalOn(t, backend{store: under.store, bags: bags}, nil)
	k := p.till(nil)
	_, b := p.payer("visa-4242")
	shown := b.reviewed()
	bags.away = true
	b.Get("/billing/checkout").Want(http.StatusServiceUnavailable).SaysNot("empty")
	b.confirm(shown, password).Want(http.StatusServiceUnavailable)
	bags.away = false
	empty := p.signedIn(p.newUser("Emma"))
	empty.Get("/billing/checkout").Want(200).Says("Your basket is empty").Says("See the plans")
	empty.Post("/billing/checkout", "password", password).Want(422).Says("Your basket is empty")
	p.settled(0, 0, 0)
	if k.charges() != 0 {
		t.Error("the bank was asked")
	}
}

// The password is in no log, no row and no page; the log knows nothing of the invoice either.
func TestPaymentLeaksNothing(t *testing.T) {
	p := newPortal(t)
	_, b := p.payer("visa-4242")
	shown := b.reviewed()
	pages := b.confirm(shown, otherPassword).Want(422).Body
	pages += b.Follow(b.confirm(shown, password)).Body + b.Get("/billing").Body + b.Get("/billing/payment-method").Body
	for _, secret := range []string{password, otherPassword, url.QueryEscape(password), b.Token(), auth.HashToken(b.Token())} {
		if strings.Contains(p.log.String()+pages, secret) {
			t.Errorf("%.8s... is in the log or on a page", secret)
		}
	}
	dump := p.dump()
	if !strings.Contains(dump, "Mint Lane") || strings.Contains(dump, password) || strings.Contains(dump, otherPassword) {
		t.Error("the dump has the password, or lacks the payment")
	}
	if log := p.log.String(); strings.Contains(log, "Mint Lane") || strings.Contains(log, "Payer") {
		t.Error("the invoice is in the log")
	}
}

// Every event of a payment is in its owner's words, and stands in the trail in order.
func TestPaymentTrail(t *testing.T) {
	p := newPortal(t)
	u, b := p.payer("visa-4242")
	before := len(p.kinds(u.ID))
	shown := b.reviewed()
	b.confirm(shown, otherPassword)
	b.confirm(shown, password)
	want := []string{"payment_confirm_fail", "payment_made"}
	if got := p.kinds(u.ID)[before:]; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.Get("/account/activity?kind=payments").Says("A payment with a wrong password was refused").Says("Payment method changed")
}
