package handlers

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/device"
)

// The way from the plans to a receipt. What is confirmed is what is kept.
func TestPay(t *testing.T) {
	t.Parallel()
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
		b.Get("/account/activity?kind=payments").Says("Payment made").SaysNot("Check this")
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
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_made' AND user_id = $1 AND session_id = $2 AND ip <> ''`, u.ID, b.Handle()); n != 1 {
			t.Error("the event does not name session and client")
		}
	})
}

// What the form says was seen is compared with what is true, part by part. Any difference and nothing is paid.
func TestReviewIsCompared(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("visa-4242")
		shown := b.reviewed()
		b.Post("/basket", "plan", "keep")
		b.confirm(shown, "wrong, and long enough").Want(http.StatusConflict).SaysNot("not your password")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_confirm_fail'`); n != 0 {
			t.Errorf("%d failed confirmations, want 0", n)
		}
		b.Follow(b.confirm(b.reviewed(), password)).Says("Payment received").Says("48.00 EUR")
		p.settled(1, 0, 0)
	})
}

// However often one order is confirmed at once, it is charged once, and everybody gets the same receipt.
func TestConfirmedAtOnce(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			k := p.till(nil)
			q.app.Billing = p.app.Billing
			p.limits.Limiter, q.limits.Limiter = limiterOff{}, limiterOff{}
			u, b := p.payer("visa-4242")
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
			paid, err := p.app.Billing.Payment(t.Context(), u.ID, shown.Get("order"))
			if err == nil { // as a request that had looked before there was a row
				_, _, err = p.app.Billing.Pay(t.Context(), paid, p.sessionRow(b).By(device.Client{}), nil, auth.Spend{})
			}
			if err != nil {
				t.Fatal(err)
			}
			if k.times() != 1 {
				t.Errorf("the bank was asked %d times, want once", k.times())
			}
			if n := p.count(`SELECT count(*) FROM payments`); n != 1 {
				t.Errorf("%d payments, want 1", n)
			}
			if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_made'`); n != 1 {
				t.Errorf("%d events, want 1", n)
			}
		})
	}
}
