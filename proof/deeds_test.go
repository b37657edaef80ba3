package proof

import (
	"net/http"
	"strconv"
	"strings"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// deeds are what a witness does, in an order that is drawn anew each time all of them were done.
var deeds = []struct {
	name string
	do   func(*witness) error
}{
	{"sign-in", (*witness).signIn}, {"sign-out", (*witness).signOut}, {"re-authentication", (*witness).reauthenticate},
	{"revoking", (*witness).revoke}, {"password change", (*witness).changePassword}, {"bag", (*witness).put},
	{"bag", (*witness).put}, {"payment", (*witness).pay}, {"sign-up", (*witness).signUp},
}

func (w *witness) signIn() error {
	if len(w.alive) > 4 {
		return nil
	}
	c := w.stranger.Fresh()
	a, err := w.send(c, "/login", "email", w.email, "password", w.password)
	if err == nil {
		a.Leads("/account")
		w.acknowledged["sign-in"]++
		w.alive = append(w.alive, &browserOf{Client: c})
	}
	return err
}

func (w *witness) signOut() error {
	b := w.one() // who is not heard of again, if nobody knows
	token := b.Token()
	a, err := w.send(b.Client, "/logout")
	if err == nil {
		a.Leads("/signed-out")
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
	token := b.Token()
	a, err := w.send(b.Client, "/reauth", "password", w.password)
	if err == nil {
		a.Leads("/account")
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
	a, err := w.send(by.Client, end)
	if err == nil && strings.HasPrefix(a.Header.Get("Location"), "/reauth") {
		if err := w.confirm(by); err != nil { // nobody knows which token it has
			w.alive = append(w.alive, other)
			return err
		}
		a, err = w.send(by.Client, end)
	}
	w.alive = append(w.alive, by)
	if err == nil {
		a.Leads("/account/sessions")
		w.acknowledged["revoking"]++
		w.dead = append(w.dead, other.Token())
	}
	return err
}

func (w *witness) changePassword() error {
	b := w.one()
	token, others := b.Token(), w.alive
	w.alive = nil
	before, after := w.password, webtest.Password
	if before == webtest.Password {
		after = webtest.OtherPassword
	}
	a, err := w.send(b.Client, "/account/security/password", "current_password", before, "password", after)
	if err == nil {
		a.Leads("/account/security")
		w.acknowledged["password change"]++
		w.password, w.dead, w.alive = after, append(w.dead, token), []*browserOf{b}
		for _, other := range others {
			w.dead = append(w.dead, other.Token())
		}
		return nil
	}
	w.doubt = func(p *portal) { // all of it happened, or nothing
		b.Origin = p.Origin
		old := opens(b.Client)
		for _, other := range others {
			other.Origin = p.Origin
			if opens(other.Client) != old {
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

// put puts a value into the bag of one browser.
func (w *witness) put() error {
	b := w.alive[w.random.IntN(len(w.alive))]
	before, value := b.value, strconv.Itoa(w.random.IntN(1000))
	a, err := w.press(b, probe.Bag, "value", value)
	if err == nil {
		a.Leads(probe.Bag)
		w.acknowledged["bag"]++
		b.value = value
		return nil
	}
	w.doubt = func(*portal) { w.compare(b, before, value) }
	return err
}

// pay chooses a plan and pays for it.
func (w *witness) pay() error {
	b := w.alive[w.random.IntN(len(w.alive))]
	a, err := w.press(b, "/basket", "plan", "hall")
	if err != nil {
		return err
	}
	a.Leads("/plans")
	page, err := b.look("/billing/checkout")
	if err != nil {
		return err
	}
	if page.StatusCode == http.StatusServiceUnavailable {
		return nil
	}
	if !strings.Contains(page.Want(http.StatusOK).Body, `name="order"`) && w.bagsMissed() > 0 { // the plan was lost on the way
		return nil
	}
	fields, order := billOf(page)
	fields[len(fields)-1] = w.password
	a, err = w.press(b, "/billing/checkout", fields...)
	if err == nil {
		a.Leads("/billing/receipts/" + order)
		w.acknowledged["payment"]++
		w.orders[order] = true
		return nil
	}
	w.doubt = func(*portal) { // whatever became of it, pressing again leads to the one payment
		var a *webtest.Answer
		webtest.Until(w.t, "a bag that can be reached", func() bool {
			a = b.Post("/billing/checkout", fields...)
			return a.StatusCode != http.StatusServiceUnavailable
		})
		a.Leads("/billing/receipts/" + order)
		w.orders[order] = false
	}
	return err
}

// signUp comes from a network of its own, whose allowance is not used up.
func (w *witness) signUp() error {
	c := w.stranger.Fresh()
	c.IP = webtest.Network() + "::7"
	email := webtest.Email()
	a, err := w.send(c, "/signup", "name", "Grace Hopper", "email", email, "password", webtest.Password)
	if err == nil {
		a.Leads("/signup/sent")
		w.acknowledged["sign-up"]++
		w.signUps = append(w.signUps, email)
	}
	return err
}
