package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
)

// Sending the same confirmation again leads to the same receipt, also when a slow request has brought the basket back,
// and also with a wrong password: nothing is done that would need one.
func TestReplay(t *testing.T) {
	t.Parallel()
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

// A declined payment pays nothing. The plan stays in the basket as an order that can be paid.
func TestDeclined(t *testing.T) {
	t.Parallel()
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

// Somebody else's payment answers like one that does not exist, and stays as it is.
func TestPaymentNotOwned(t *testing.T) {
	t.Parallel()
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

// A plan that costs nothing needs neither method nor gateway; it is still confirmed.
func TestFreePlan(t *testing.T) {
	t.Parallel()
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
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'plan_started'`); n != 1 || k.charges() != 0 {
			t.Errorf("%d events and %d charges, want 1 and 0", n, k.charges())
		}
		b.Get("/account/activity?kind=payments").Says("A plan that costs nothing was started")
	})
}

// An empty basket is a page and no fault; one that cannot be reached is not called empty.
func TestEmptyBasket(t *testing.T) {
	t.Parallel()
	under := sqliteBackend(t)
	bags := &brokenBags{Bags: under.bags}
	p := portalOn(t, backend{store: under.store, bags: bags}, nil)
	k := p.till(nil)
	empty := p.signedIn(p.newUser("Emma"))
	bags.unavailable = true
	empty.Get("/billing/checkout").Want(http.StatusServiceUnavailable).SaysNot("empty") // a visitor's may be there
	empty.Post("/billing/checkout", "password", password).Want(http.StatusServiceUnavailable)
	bags.unavailable = false
	empty.Get("/billing/checkout").Want(200).Says("Your basket is empty").Says("See the plans")
	empty.Post("/billing/checkout", "password", password).Want(422).Says("Your basket is empty")
	p.settled(0, 0, 0)
	if k.charges() != 0 {
		t.Error("the bank was asked")
	}
}

// The password is in no log, no row and no page; the log knows nothing of the invoice either.
func TestPaymentLeaksNothing(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
