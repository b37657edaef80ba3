package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// shopper is somebody signed in who gave the password again a short while ago.
func (p *portal) shopper(name string) *browser {
	p.t.Helper()
	b := p.signedIn(p.newUser(name))
	b.Reauth(password).Want(http.StatusSeeOther)
	return b
}

// The form keeps one method, says everything that is wrong at once, and loses nothing that was typed.
func TestPaymentMethod(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		const path = "/billing/payment-method"
		hasty := p.signedIn(p.newUser("Hasty")).Post(path, "instrument", "visa-4242", "name", "H").Want(http.StatusSeeOther)
		if to := hasty.Header.Get("Location"); !strings.HasPrefix(to, "/reauth?next=%2Fbilling%2Fpayment-method") {
			t.Errorf("without re-authentication: got %q", to)
		}

		b, other := p.shopper("Ada"), p.shopper("Bea")
		b.Get(path).Want(http.StatusOK).Says("Test Visa ending 4242")
		wrong := b.Post(path, "instrument", "gold", "name", " ", "address", strings.Repeat("x", 301)).Want(http.StatusUnprocessableEntity)
		wrong.Says("Choose what to pay with.").Says("Enter the name for the invoice.").Says("Use at most 300 characters.")
		if !strings.Contains(wrong.Body, strings.Repeat("x", 301)) {
			t.Error("the address typed is gone")
		}
		b.Post(path, "instrument", "visa-4242", "name", "Ada\u202e", "address", "1\n\u2066").Want(422).Says("Leave out invisible characters")

		b.Post(path, "instrument", "visa-4242", "name", " Ada  Lovelace ", "address", "12 St James's Square\r\n\r\n London ").Leads("/billing")
		filled := b.Get(path).Want(http.StatusOK).Body
		for _, want := range []string{`value="visa-4242" aria-describedby="about-0" required checked`, `value="Ada Lovelace"`, "12 St James&#39;s Square\nLondon</textarea>"} {
			if !strings.Contains(filled, want) {
				t.Errorf("the stored method is not in the form: no %s", want)
			}
		}
		b.Post(path, "instrument", "debit-0077", "name", "A", "next", "/billing/checkout").Leads("/billing/checkout")
		b.Post(path, "instrument", "debit-0077", "name", "A", "next", "//evil.example").Leads("/billing")
		if got := other.Get(path).Body; strings.Contains(got, " checked") || strings.Contains(got, "Lovelace") {
			t.Error("somebody else's method is in the form")
		}
		if n := p.count(`SELECT count(*) FROM payment_methods`); n != 1 {
			t.Errorf("%d methods, want 1", n)
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_method_change' AND ip <> ''`); n != 3 {
			t.Errorf("%d events of 3 changes", n)
		}
		b.Get("/account/activity?kind=payments").Says("Payment method changed")
		if strings.Contains(p.log.String(), "Lovelace") || !strings.Contains(p.log.String(), `"msg":"payment_method_change"`) {
			t.Error("the log has the invoice name, or not the event")
		}
	})
}

// A payment method that came after the re-authentication ran out is shown again whole, and leads on to the checkout.
func TestPaymentMethodComesLate(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		const path = "/billing/payment-method"
		b := p.signedIn(p.newUser("Ada"))
		late := b.Post(path, "instrument", "visa-4242", "name", "Ada & Co", "address", "<b>1\nLondon", "next", "/billing/checkout")
		next, id := draftAt(late, "/reauth", path)
		holds(b.Follow(late).Says("Save your payment method"), `href="/billing">Cancel`)
		filled := b.Follow(b.Post("/reauth", "password", password, "next", next)).Want(http.StatusOK).Says(nowConfirmed)
		holds(filled, `value="visa-4242" aria-describedby="about-0" required checked`, `value="Ada &amp; Co"`, "\n&lt;b&gt;1\nLondon</textarea>",
			`name="next" value="/billing/checkout"`, `name="held" value="`+id+`"`)
		if n := p.count(`SELECT count(*) FROM payment_methods`); n != 0 {
			t.Fatal("saved before anybody pressed Save")
		}
		holds(b.Post(path, "instrument", "gold", "name", "A", "held", id).Want(http.StatusUnprocessableEntity), `name="held" value="`+id+`"`)
		b.Post(path, "instrument", "visa-4242", "name", "Ada & Co", "address", "1", "held", id).Leads("/billing")
		b.Get(next).Want(http.StatusOK).SaysNot("Check it, then send it again")
	})
}

// A plan is chosen from the list, whatever is sent.
func TestHostilePlans(t *testing.T) {
	t.Parallel()
	newPortal(t).browser().Post("/basket", "plan", "castle").Want(http.StatusUnprocessableEntity).Says("Choose one of the plans")
}

// People come back to the pages of plans and payments, and not to the form that fills a basket.
func TestWayBackToBilling(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for next, want := range map[string]string{
		"/plans": "/plans", "/billing": "/billing", "/billing/checkout?x=y": "/billing/checkout?x=y", "/basket": home, "/plansx": home,
	} {
		if got := p.app.destination(next); got != want {
			t.Errorf("destination(%q): got %q, want %q", next, got, want)
		}
	}
	p.browser().Post("/preferences", "theme", "dark", "next", "/plans").Leads("/plans")
}

// The id of a receipt is text of the request: a page that repeats it beside somebody's data is not compressed.
func TestUnknownReceiptIsNotCompressed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Wayne"))
	r := b.NewRequest("GET", "/billing/receipts/guess-guess", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	if res := b.Do(r).Want(http.StatusNotFound); res.Header.Get("Content-Encoding") != "" || !strings.Contains(res.Body, "Wayne") {
		t.Errorf("Content-Encoding %q:\n%s", res.Header.Get("Content-Encoding"), res.Excerpt())
	}
}

// The checkout asks for the password as every page does: hidden, and known to password managers.
func TestPasswordAtTheCheckout(t *testing.T) {
	t.Parallel()
	_, b := newPortal(t).payer("visa-4242")
	inputs := passwordInput.FindAllString(b.Get("/billing/checkout").Want(http.StatusOK).Body, -1)
	if len(inputs) != 1 || !strings.Contains(inputs[0], `type="password"`) || !strings.Contains(inputs[0], `autocomplete="current-password"`) {
		t.Errorf("got %q", inputs)
	}
}

// What somebody has paid, and how, is in the file with everything about them, and goes with the account.
func TestPaymentsAreTheirOwners(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		_, b := p.payer("visa-4242")
		b.Follow(b.confirm(b.reviewed(), password)).Says("Payment received")
		var file map[string]json.RawMessage
		if err := json.Unmarshal([]byte(b.Post(exportPath, "password", password).Want(http.StatusOK).Body), &file); err != nil {
			t.Fatal(err)
		}
		for table, words := range map[string]string{"payment method": "1 Mint Lane", "payments": `"hall"`} {
			if !strings.Contains(string(file[table]), words) {
				t.Errorf("%s does not hold %q:\n%s", table, words, file[table])
			}
		}
		b.deletes().Leads("/signed-out")
		p.exec(`UPDATE users SET delete_after = $1`, longAgo)
		p.sweep()
		if n := p.count(`SELECT count(*) FROM payment_methods`) + p.count(`SELECT count(*) FROM payments`); n != 0 {
			t.Errorf("%d rows are left of a deleted account", n)
		}
	})
}

// The plan that ends with the account is named on the page.
func TestDeletionNamesThePlan(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Pay")
	b := p.signedIn(u)
	b.Get("/account/delete").SaysNot("Your plan")
	p.exec(`INSERT INTO payments (id, user_id, session_id, plan, amount, currency, payee, instrument, last_four, name, address, state, created_at, settled_at)
		VALUES ('P', $1, '', 'hall', 1200, 'EUR', 'x', 'visa-4242', '4242', 'n', '', 'paid', $2, $2)`, u.ID, longAgo)
	b.Get("/account/delete").Want(http.StatusOK).Says("Your plan, Hall")
}

// Baskets of visitors are counted by network; whoever is signed in chooses freely.
func TestBasketsOfVisitors(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Membra")
	inTime(t, p, func(t *testing.T) {
		member := p.signedIn(u)
		for range guard.Baskets.Burst {
			p.browser().Post("/basket", "plan", "hall").Want(http.StatusSeeOther)
		}
		res := p.browser().Post("/basket", "plan", "hall").Want(http.StatusTooManyRequests)
		if res.Header.Get("Retry-After") == "" || len(res.Header.Values("Set-Cookie")) > 0 {
			t.Error("no Retry-After, or a cookie for a basket that was refused")
		}
		member.Post("/basket", "plan", "hall").Want(http.StatusSeeOther)
	})
}

// How one account pays is changed only so often, whoever is in its session.
func TestPaymentMethodLimit(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Mona")
	b := p.signedIn(u)
	b.Reauth(password)
	save := func() *webtest.Answer {
		return b.Post("/billing/payment-method", "instrument", billing.Instruments[0].Key, "name", "Mona", "address", "1 Lane")
	}
	for range guard.PaymentMethods.Burst {
		save().Want(http.StatusSeeOther)
	}
	if res := save().Want(http.StatusTooManyRequests); res.Header.Get("Retry-After") == "" || !strings.Contains(res.Body, "1 Lane") {
		t.Error("no Retry-After, or what was typed is lost")
	}
	if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_method_change'`); n > guard.PaymentMethods.Burst {
		t.Errorf("%d events, want at most %d", n, guard.PaymentMethods.Burst)
	}
}
