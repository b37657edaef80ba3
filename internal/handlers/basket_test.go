package handlers

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/session"
)

// loseBag deletes the bag of a browser, as a Redis does that is flushed or evicts.
func (b backend) loseBag(t *testing.T, of *browser) {
	t.Helper()
	if err := b.bags.Delete(t.Context(), auth.HashToken(of.Token())); err != nil {
		t.Fatal(err)
	}
}

// TestBasketOutlivesSessionAndBag: what somebody signed in chose is there after signing in again, on another device as well,
// whether the session timed out, was signed out of, or lost its bag.
func TestBasketOutlivesSessionAndBag(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			back := open(t)
			p := portalOn(t, back, nil)
			u, b := p.payer("visa-4242")
			order := b.reviewed().Get("order")
			back.loseBag(t, b)
			b.Get("/plans").Says("In your basket")
			b.timeOut()
			again := b.signInTo(u, "/plans").Says("In your basket")
			if strings.Contains(again.Text(), "it is gone") {
				t.Error("a basket that is there is called gone")
			}
			b.Post("/logout").Leads("/signed-out")
			b.Get("/plans").SaysNot("In your basket")
			elsewhere := p.signedIn(u)
			if got := elsewhere.reviewed().Get("order"); got != order {
				t.Errorf("another device got the order %s, want %s", got, order)
			}
			elsewhere.Get("/account").Says("Basket Hall")
			elsewhere.Get("/billing").Says("Basket Hall")
			p.signedIn(p.newUser("Neil")).Get("/plans").SaysNot("In your basket")

			elsewhere.Follow(elsewhere.confirm(elsewhere.reviewed(), password)).Says("Payment received")
			elsewhere.Get("/plans").SaysNot("In your basket")
			if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
				t.Errorf("%d drafts are left of a basket that was paid", n)
			}
		})
	}
}

// A payment that comes after the session timed out pays nothing, and leads back to the same review.
func TestLateCheckout(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, b := p.payer("visa-4242")
		shown := b.reviewed()
		b.timeOut()
		b.confirm(shown, password).Leads("/login?next=%2Fbilling%2Fcheckout")
		b.signInTo(u, "/billing/checkout").Says("Hall").Says("12.00 EUR")
		if got := b.reviewed().Get("order"); got != shown.Get("order") {
			t.Errorf("after signing in the order is %s, want %s", got, shown.Get("order"))
		}
		p.settled(0, 0, 0)

		b.timeOut()
		b.Follow(b.Post("/basket", "plan", "keep")).Says("Keep is in your basket")
		b.signInTo(u, "/billing/checkout").Says("Keep is in your basket, in place of Hall.").Says("48.00 EUR")
	})
}

// TestBasketMovesAtSignIn: nothing of what a visitor chose is lost, nor left behind in the bag.
func TestBasketMovesAtSignIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Mona")
		b := p.browser()
		b.Post("/basket", "plan", "hall").Leads("/plans")
		b.SignIn(u.Email, password)
		b.Get("/plans").Says("In your basket")
		if b.bag(); p.count(`SELECT count(*) FROM held_forms WHERE user_id = $1 AND session_id = ''`, u.ID) != 1 {
			t.Error("the basket is not the account's")
		}
		b.Get("/account/sessions/" + b.Handle()).SaysNot(bagPlan)

		p.exec(`ALTER TABLE held_forms RENAME TO gone_held_forms`)
		c := p.browser()
		c.Post("/basket", "plan", "keep").Leads("/plans")
		c.SignIn(u.Email, password)
		c.Get("/plans").Says("In your basket") // it is still in the bag
		c.Post("/basket", "plan", "porch").Want(http.StatusInternalServerError)
		p.exec(`ALTER TABLE gone_held_forms RENAME TO held_forms`)
		c.Get("/billing").Says("Basket Keep")
		c.Post("/basket", "plan", "porch").Leads("/plans")
		b.Get("/billing").Says("Basket Porch")
	})
}

// A visitor's basket that was lost is called lost; nobody who is signed in reads that.
func TestLostBasketIsSaid(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			back := open(t)
			p := portalOn(t, back, nil)
			for _, page := range []string{"/plans", "/login?next=%2Fbilling%2Fcheckout"} {
				b := p.browser()
				b.Get(page).SaysNot("it is gone")
				b.Post("/basket", "plan", "hall").Leads("/plans")
				back.loseBag(t, b)
				b.Get(page).Says("If you had put a plan into the basket of this browser, it is gone.")
				if b.Token() != "" {
					t.Errorf("%s: the cookie of a bag that is gone is left", page)
				}
				b.Get(page).SaysNot("it is gone")
			}
		})
	}
}

// The basket is no draft that others push out, and a session that is over fills none.
func TestBasketIsTheAccounts(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, b := p.payer("visa-4242")
		for range draft.PerUser + 1 {
			late := draft.Draft{UserID: u.ID, SessionID: audit.NewID(), Route: "profile", Fields: map[string]string{"name": "Paul"}}
			if _, err := p.app.Drafts.Save(t.Context(), late, draft.UntilSignedIn); err != nil {
				t.Fatal(err)
			}
		}
		b.Get("/plans").Says("In your basket")
		if n := p.count(`SELECT count(*) FROM held_forms WHERE user_id = $1`, u.ID); n != draft.PerUser+1 {
			t.Errorf("%d drafts, want %d and the basket", n, draft.PerUser)
		}

		over := audit.Actor{UserID: u.ID, SessionID: b.Handle(), TokenHash: auth.HashToken(b.Token())}
		b.Post("/logout").Leads("/signed-out")
		if err := p.app.Drafts.SaveBasket(t.Context(), over, map[string]string{bagPlan: "keep"}); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("a session that is over fills the basket: %v", err)
		}
		moved := p.newUser("Mallory")
		p.exec(`UPDATE held_forms SET user_id = $1 WHERE session_id = ''`, moved.ID)
		p.signedIn(moved).Get("/plans").Want(http.StatusOK).SaysNot("In your basket") // it is sealed for its account
		if strings.Contains(p.dumpOf("held_forms"), "hall") {
			t.Error("the basket is readable in the database")
		}
	})
}

// A session that was used from somewhere else and waits for a re-authentication neither sees nor changes the basket of its account.
func TestBasketOfAFlaggedSession(t *testing.T) {
	t.Parallel()
	onBoth(t, session.ClientChangeReauth, func(t *testing.T, p *portal) {
		u, b := p.payer("visa-4242")
		order := b.reviewed().Get("order")
		thief := p.holding(b.Token()).at("198.51.100.7").as(firefoxOnLinux)
		thief.Get("/account").Want(http.StatusSeeOther)
		thief.Get("/plans").Want(http.StatusOK).SaysNot("In your basket")
		thief.Post("/basket", "plan", "keep").Want(http.StatusSeeOther)
		if got := p.signedIn(u).reviewed().Get("order"); got != order {
			t.Errorf("the account has the order %s, want %s", got, order)
		}
	})
}
