package proof

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// errGone is the end of a conversation with a portal that was killed: nobody knows what became of the last request.
var errGone = errors.New("no answer")

// A witness is a person who does what people do, one thing after the other, and remembers what was acknowledged.
type witness struct {
	t               *testing.T
	random          *rand.Rand
	send            func(c *client, path string, fields ...string) (*answer, error)
	stranger        *client // a browser of theirs without a cookie
	email, password string
	alive           []*browserOf
	dead            []string // tokens that must not open anything
	orders          []string // paid
	signUps         []string
	doubt           func(p *portal) // settles what the last request left open, nil for nothing
}

type browserOf struct {
	*client
	basket string // the plan in it
}

var deeds = []func(*witness) error{
	(*witness).signIn, (*witness).signOut, (*witness).reauthenticate, (*witness).revoke, (*witness).changePassword,
	(*witness).fill, (*witness).fill, (*witness).pay, (*witness).signUp,
}

// live does one thing after the other until there is no answer.
func (w *witness) live() {
	for {
		do := (*witness).signIn
		if len(w.alive) > 1 {
			do = deeds[w.random.IntN(len(deeds))]
		}
		if do(w) != nil {
			return
		}
	}
}

// one takes a browser out of the living.
func (w *witness) one() *browserOf {
	i := w.random.IntN(len(w.alive))
	b := w.alive[i]
	w.alive = append(w.alive[:i:i], w.alive[i+1:]...)
	return b
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
		w.dead = append(w.dead, token)
	}
	return err
}

func (w *witness) reauthenticate() error {
	b := w.one()
	token := b.token()
	a, err := w.send(b.client, "/reauth", "password", w.password)
	if err == nil {
		a.want(http.StatusSeeOther)
		w.dead, w.alive = append(w.dead, token), append(w.alive, b)
	}
	return err
}

func (w *witness) revoke() error {
	by, other := w.one(), w.one()
	w.alive = append(w.alive, by)
	handle, err := w.handleOf(other)
	if err != nil {
		w.alive = append(w.alive, other)
		return err
	}
	a, err := w.send(by.client, "/account/sessions/"+handle+"/end")
	switch {
	case err == nil && strings.HasPrefix(a.header.Get("Location"), "/reauth"):
		w.alive = append(w.alive, other)
	case err == nil:
		a.location("/account/sessions")
		w.dead = append(w.dead, other.token())
	}
	return err
}

func (b *browserOf) look(path string) (*answer, error) {
	a, err := b.try(b.request(context.Background(), http.MethodGet, path))
	if err != nil {
		return nil, errGone
	}
	return a, nil
}

func (w *witness) handleOf(b *browserOf) (string, error) {
	a, err := b.look("/account/sessions")
	if err != nil {
		return "", err
	}
	found := currentTicket.FindStringSubmatch(a.want(http.StatusOK).body)
	if found == nil {
		w.t.Error("no current ticket on the sessions page")
		return "", nil
	}
	return found[1], nil
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

func (w *witness) fill() error {
	b := w.alive[w.random.IntN(len(w.alive))]
	before, plan := b.basket, []string{"hall", "keep"}[w.random.IntN(2)]
	a, err := w.press(b, "/basket", "plan", plan)
	if err == nil {
		a.location("/plans")
		b.basket = plan
		return nil
	}
	w.doubt = func(*portal) {
		if b.basket = b.holds(); b.basket != before && b.basket != plan {
			w.t.Errorf("%q in the basket, want %q or %q", b.basket, before, plan)
		}
	}
	return err
}

// press sends what may be sent twice until it is told what became of it: on a slow machine the baskets can be out of
// reach for a moment.
func (w *witness) press(b *browserOf, path string, fields ...string) (*answer, error) {
	for {
		a, err := w.send(b.client, path, fields...)
		if err != nil || a.status != http.StatusServiceUnavailable {
			return a, err
		}
	}
}

// holds is the plan in the basket, by what the page says.
func (b *browserOf) holds() string {
	var page string
	until(b.t, "the basket to be within reach", func() bool {
		page = b.get("/plans").want(http.StatusOK).text()
		return !strings.Contains(page, "We cannot reach your basket")
	})
	for name, plan := range map[string]string{"Hall": "hall", "Keep": "keep"} {
		if strings.Contains(page, "In your basket") && !strings.Contains(page, "Choose "+name) {
			return plan
		}
	}
	return ""
}

// pay pays what is in the basket.
func (w *witness) pay() error {
	b := w.alive[w.random.IntN(len(w.alive))]
	if b.basket == "" {
		return w.fill()
	}
	page, err := b.look("/billing/checkout")
	if err != nil {
		return err
	}
	if page.status == http.StatusServiceUnavailable {
		return nil
	}
	fields, order := page.want(http.StatusOK).bill()
	fields[len(fields)-1] = w.password
	a, err := w.press(b, "/billing/checkout", fields...)
	if err == nil {
		a.location("/billing/receipts/" + order)
		w.orders, b.basket = append(w.orders, order), ""
		return nil
	}
	w.doubt = func(*portal) { // whatever became of it, pressing again leads to the one payment
		var a *answer
		until(w.t, "a basket that can be reached", func() bool {
			a = b.post("/billing/checkout", fields...)
			return a.status != http.StatusServiceUnavailable
		})
		a.location("/billing/receipts/" + order)
		w.orders, b.basket = append(w.orders, order), ""
	}
	return err
}

func (w *witness) signUp() error {
	c := *w.stranger
	email := strings.ToLower(newOrder()) + "@example.org"
	a, err := w.send(&c, "/signup", "name", "Grace Hopper", "email", email, "password", password)
	if err == nil && a.status == http.StatusSeeOther {
		w.signUps = append(w.signUps, email)
	}
	return err
}
