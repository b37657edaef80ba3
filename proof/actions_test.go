package proof

import (
	"net/http"
	"strconv"
	"strings"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// actions are what a simulated client does. The order is shuffled again each time all of them were done.
var actions = []struct {
	name string
	do   func(*simulatedClient) error
}{
	{"sign-in", (*simulatedClient).signIn}, {"sign-out", (*simulatedClient).signOut}, {"re-authentication", (*simulatedClient).reauthenticate},
	{"revoking", (*simulatedClient).revoke}, {"password change", (*simulatedClient).changePassword}, {"bag", (*simulatedClient).put},
	{"bag", (*simulatedClient).put}, {"payment", (*simulatedClient).pay}, {"sign-up", (*simulatedClient).signUp},
}

func (sc *simulatedClient) signIn() error {
	if len(sc.alive) > 4 {
		return nil
	}
	c := sc.visitor.Fresh()
	a, err := sc.send(c, "/login", "email", sc.email, "password", sc.password)
	if err == nil {
		a.Leads("/account")
		sc.acknowledged["sign-in"]++
		sc.alive = append(sc.alive, &browserOf{Client: c})
	}
	return err
}

func (sc *simulatedClient) signOut() error {
	b := sc.one() // not put back: without an answer its state is unknown
	token := b.Token()
	a, err := sc.send(b.Client, "/logout")
	if err == nil {
		a.Leads("/signed-out")
		sc.acknowledged["sign-out"]++
		sc.dead = append(sc.dead, token)
	}
	return err
}

func (sc *simulatedClient) reauthenticate() error {
	b := sc.one()
	err := sc.confirm(b)
	if err == nil {
		sc.alive = append(sc.alive, b)
	}
	return err
}

func (sc *simulatedClient) confirm(b *browserOf) error {
	token := b.Token()
	a, err := sc.send(b.Client, "/reauth", "password", sc.password)
	if err == nil {
		a.Leads("/account")
		sc.acknowledged["re-authentication"]++
		sc.dead = append(sc.dead, token)
	}
	return err
}

// revoke ends the session of one browser from another, which re-authenticates if the portal asks for it.
func (sc *simulatedClient) revoke() error {
	by, other := sc.one(), sc.one()
	handle, err := sc.handleOf(other)
	if err != nil {
		sc.alive = append(sc.alive, by, other)
		return err
	}
	end := "/account/sessions/" + handle + "/end"
	a, err := sc.send(by.Client, end)
	if err == nil && strings.HasPrefix(a.Header.Get("Location"), "/reauth") {
		if err := sc.confirm(by); err != nil { // the browser's token is unknown
			sc.alive = append(sc.alive, other)
			return err
		}
		a, err = sc.send(by.Client, end)
	}
	sc.alive = append(sc.alive, by)
	if err == nil {
		a.Leads("/account/sessions")
		sc.acknowledged["revoking"]++
		sc.dead = append(sc.dead, other.Token())
	}
	return err
}

func (sc *simulatedClient) changePassword() error {
	b := sc.one()
	token, others := b.Token(), sc.alive
	sc.alive = nil
	before, after := sc.password, webtest.Password
	if before == webtest.Password {
		after = webtest.OtherPassword
	}
	a, err := sc.send(b.Client, "/account/security/password", "current_password", before, "password", after)
	if err == nil {
		a.Leads("/account/security")
		sc.acknowledged["password change"]++
		sc.password, sc.dead, sc.alive = after, append(sc.dead, token), []*browserOf{b}
		for _, other := range others {
			sc.dead = append(sc.dead, other.Token())
		}
		return nil
	}
	sc.settle = func(p *portal) { // either the whole change happened or none of it
		b.Origin = p.Origin
		old := opens(b.Client)
		for _, other := range others {
			other.Origin = p.Origin
			if opens(other.Client) != old {
				sc.t.Error("half a password change: some sessions ended")
			}
		}
		if old {
			sc.alive = append([]*browserOf{b}, others...)
			return
		}
		sc.password = after
	}
	return err
}

// put puts a value into the bag of one browser.
func (sc *simulatedClient) put() error {
	b := sc.alive[sc.random.IntN(len(sc.alive))]
	before, value := b.value, strconv.Itoa(sc.random.IntN(1000))
	a, err := sc.press(b, probe.Bag, "value", value)
	if err == nil {
		a.Leads(probe.Bag)
		sc.acknowledged["bag"]++
		b.value = value
		return nil
	}
	sc.settle = func(*portal) { sc.compare(b, before, value) }
	return err
}

// pay chooses a plan and pays for it.
func (sc *simulatedClient) pay() error {
	b := sc.alive[sc.random.IntN(len(sc.alive))]
	a, err := sc.press(b, "/basket", "plan", "hall")
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
	if !strings.Contains(page.Want(http.StatusOK).Body, `name="order"`) && sc.bagsMissed() > 0 { // the bag with the plan was lost
		return nil
	}
	fields, order := billOf(page)
	fields[len(fields)-1] = sc.password
	a, err = sc.press(b, "/billing/checkout", fields...)
	if err == nil {
		a.Leads("/billing/receipts/" + order)
		sc.acknowledged["payment"]++
		sc.orders[order] = true
		return nil
	}
	sc.settle = func(*portal) { // pressing again leads to the one payment, whether or not the first press was carried out
		var a *webtest.Answer
		webtest.Until(sc.t, "a bag that can be reached", func() bool {
			a = b.Post("/billing/checkout", fields...)
			return a.StatusCode != http.StatusServiceUnavailable
		})
		a.Leads("/billing/receipts/" + order)
		sc.orders[order] = false
	}
	return err
}

// signUp uses a new network each time, so that the limit per network is not reached.
func (sc *simulatedClient) signUp() error {
	c := sc.visitor.Fresh()
	c.IP = webtest.Network() + "::7"
	email := webtest.Email()
	a, err := sc.send(c, "/signup", "name", "Grace Hopper", "email", email, "password", webtest.Password)
	if err == nil {
		a.Leads("/signup/sent")
		sc.acknowledged["sign-up"]++
		sc.signUps = append(sc.signUps, email)
	}
	return err
}
