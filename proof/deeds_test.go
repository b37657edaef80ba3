package proof

import (
	"crypto/rand"
	"net/http"
	"strings"
)

// deeds are what a witness does, in an order that is drawn anew each time all of them were done.
var deeds = []struct {
	name string
	do   func(*witness) error
}{
	{"sign-in", (*witness).signIn}, {"sign-out", (*witness).signOut}, {"re-authentication", (*witness).reauthenticate},
	{"revoking", (*witness).revoke}, {"password change", (*witness).changePassword}, {"basket", (*witness).fill},
	{"basket", (*witness).fill}, {"payment", (*witness).pay}, {"sign-up", (*witness).signUp},
}

func (w *witness) signIn() error {
	if len(w.alive) > 4 {
		return nil
	}
	c := *w.stranger
	c.cookies = map[string]string{}
	a, err := w.send(&c, "/login", "email", w.email, "password", w.password)
	if err == nil {
		a.location("/account")
		w.acknowledged["sign-in"]++
		w.alive = append(w.alive, &browserOf{client: &c})
	}
	return err
}

func (w *witness) signOut() error {
	b := w.one() // who is not heard of again, if nobody knows
	token := b.token()
	a, err := w.send(b.client, "/logout")
	if err == nil {
		a.location("/signed-out")
		w.acknowledged["sign-out"]++
		w.dead = append(w.dead, token)
	}
	return err
}

func (w *witness) reauthenticate() error {
	b := w.one()
	err := w.confirm(b)
	if err == nil {
		w.alive = append(w.alive, b)
	}
	return err
}

func (w *witness) confirm(b *browserOf) error {
	token := b.token()
	a, err := w.send(b.client, "/reauth", "password", w.password)
	if err == nil {
		a.location("/account")
		w.acknowledged["re-authentication"]++
		w.dead = append(w.dead, token)
	}
	return err
}

// revoke ends the session of one browser from another, which confirms who it is where it is asked to.
func (w *witness) revoke() error {
	by, other := w.one(), w.one()
	handle, err := w.handleOf(other)
	if err != nil {
		w.alive = append(w.alive, by, other)
		return err
	}
	end := "/account/sessions/" + handle + "/end"
	a, err := w.send(by.client, end)
	if err == nil && strings.HasPrefix(a.header.Get("Location"), "/reauth") {
		if err := w.confirm(by); err != nil { // nobody knows which token it has
			w.alive = append(w.alive, other)
			return err
		}
		a, err = w.send(by.client, end)
	}
	w.alive = append(w.alive, by)
	if err == nil {
		a.location("/account/sessions")
		w.acknowledged["revoking"]++
		w.dead = append(w.dead, other.token())
	}
	return err
}

func (w *witness) changePassword() error {
	b := w.one()
	token, others := b.token(), w.alive
	w.alive = nil
	before, after := w.password, password
	if before == password {
		after = otherPassword
	}
	a, err := w.send(b.client, "/account/security/password", "current_password", before, "password", after)
	if err == nil {
		a.location("/account/security")
		w.acknowledged["password change"]++
		w.password, w.dead, w.alive = after, append(w.dead, token), []*browserOf{b}
		for _, other := range others {
			w.dead = append(w.dead, other.token())
		}
		return nil
	}
	w.doubt = func(p *portal) { // all of it happened, or nothing
		b.origin = p.origin
		old := b.opens()
		for _, other := range others {
			other.origin = p.origin
			if other.opens() != old {
				w.t.Error("half a password change: some sessions ended")
			}
		}
		if old {
			w.alive = append([]*browserOf{b}, others...)
			return
		}
		w.password = after
	}
	return err
}

func (w *witness) fill() error { return w.choose(w.alive[w.random.IntN(len(w.alive))]) }

// choose puts a plan into the basket of one browser.
func (w *witness) choose(b *browserOf) error {
	before, plan := b.basket, []string{"hall", "keep"}[w.random.IntN(2)]
	a, err := w.press(b, "/basket", "plan", plan)
	if err == nil {
		a.location("/plans")
		w.acknowledged["basket"]++
		b.basket = plan
		return nil
	}
	w.doubt = func(*portal) { w.compare(b, before, plan) }
	return err
}

// pay pays what is in the basket.
func (w *witness) pay() error {
	b := w.alive[w.random.IntN(len(w.alive))]
	if b.basket == "" {
		if err := w.choose(b); err != nil {
			return err
		}
	}
	page, err := b.look("/billing/checkout")
	if err != nil {
		return err
	}
	if page.status == http.StatusServiceUnavailable {
		return nil
	}
	if !strings.Contains(page.want(http.StatusOK).body, `name="order"`) && w.bagsMissed() > 0 { // the basket was lost on the way
		b.basket = ""
		return nil
	}
	fields, order := page.bill()
	fields[len(fields)-1] = w.password
	a, err := w.press(b, "/billing/checkout", fields...)
	if err == nil {
		a.location("/billing/receipts/" + order)
		w.acknowledged["payment"]++
		w.orders[order], b.basket = true, ""
		return nil
	}
	w.doubt = func(*portal) { // whatever became of it, pressing again leads to the one payment
		var a *answer
		until(w.t, "a basket that can be reached", func() bool {
			a = b.post("/billing/checkout", fields...)
			return a.status != http.StatusServiceUnavailable
		})
		a.location("/billing/receipts/" + order)
		w.orders[order], b.basket = false, ""
	}
	return err
}

// signUp comes from a network of its own, whose allowance is not used up.
func (w *witness) signUp() error {
	c := *w.stranger
	c.ip = randomNetwork() + "::7"
	email := strings.ToLower(rand.Text()) + "@example.org"
	a, err := w.send(&c, "/signup", "name", "Grace Hopper", "email", email, "password", password)
	if err == nil {
		a.location("/signup/sent")
		w.acknowledged["sign-up"]++
		w.signUps = append(w.signUps, email)
	}
	return err
}
