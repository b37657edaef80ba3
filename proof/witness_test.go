package proof

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
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
	dead            []string        // tokens that must not open anything
	orders          map[string]bool // acknowledged, and whether that was before any doubt
	signUps         []string
	drawn           []int           // deeds that come next
	acknowledged    map[string]int  // deeds
	bagsMissed      func() int      // since anybody looked at the baskets
	doubt           func(p *portal) // settles what the last request left open, nil for nothing
}

type browserOf struct {
	*client
	basket string // the plan in it
}

func newWitness(t *testing.T, p *portal, number uint64, send func(*client, string, ...string) (*answer, error)) *witness {
	t.Helper()
	w := &witness{
		t: t, random: rand.New(rand.NewPCG(*seed, number+1)), send: send, stranger: p.client(t),
		email: p.account(t, "Ada Lovelace"), password: password, orders: map[string]bool{}, acknowledged: map[string]int{},
	}
	b := w.stranger.at(p).signIn(w.email, password)
	b.reauth()
	b.post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").location("/billing")
	w.alive = []*browserOf{{client: b}}
	return w
}

// live does one thing after the other until there is no answer.
func (w *witness) live() {
	for {
		do := (*witness).signIn
		if len(w.alive) > 1 {
			do = w.next()
		}
		if do(w) != nil {
			return
		}
	}
}

func (w *witness) next() func(*witness) error {
	if len(w.drawn) == 0 {
		w.drawn = w.random.Perm(len(deeds))
	}
	i := w.drawn[0]
	w.drawn = w.drawn[1:]
	return deeds[i].do
}

// one takes a browser out of the living.
func (w *witness) one() *browserOf {
	i := w.random.IntN(len(w.alive))
	b := w.alive[i]
	w.alive = append(w.alive[:i:i], w.alive[i+1:]...)
	return b
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

// press sends what may be sent twice until it is told what became of it: on a slow machine the baskets can be out of
// reach for a moment. It returns that answer too if the moment does not pass.
func (w *witness) press(b *browserOf, path string, fields ...string) (*answer, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		a, err := w.send(b.client, path, fields...)
		if err != nil || a.status != http.StatusServiceUnavailable || time.Now().After(deadline) {
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

// compare wants one of the plans in the basket, and goes on from what is in it. A portal for which Redis was too late has
// said so, and may have lost it.
func (w *witness) compare(b *browserOf, want ...string) {
	w.t.Helper()
	b.basket = b.holds()
	if slices.Contains(want, b.basket) {
		return
	}
	if w.bagsMissed() == 0 {
		w.t.Errorf("%q in the basket, want one of %q", b.basket, want)
		return
	}
	w.t.Logf("Redis was late, and there is %q in the basket instead of one of %q", b.basket, want)
}

// testify compares what was acknowledged with what is.
func (w *witness) testify(p *portal, db *sql.DB) {
	w.t.Helper()
	w.stranger.origin = p.origin
	for _, b := range w.alive {
		b.origin = p.origin
	}
	if w.doubt != nil {
		w.doubt(p)
		w.doubt = nil
	}
	for _, b := range w.alive {
		if !b.opens() {
			w.t.Error("an acknowledged session is gone")
		}
		w.compare(b, b.basket)
	}
	copied := w.stranger.at(p)
	for _, token := range slices.Backward(w.dead) {
		copied.cookies["__Host-id"] = token
		if copied.opens() {
			w.t.Error("a session is alive that was acknowledged to be over, or an old token of it")
		}
	}
	w.dead = nil
	for _, email := range w.signUps {
		var n int
		if err := db.QueryRow(`SELECT count(*) FROM signups WHERE email = $1`, email).Scan(&n); err != nil || n != 1 {
			w.t.Errorf("%d sign-ups of one address, %v, want 1", n, err)
		}
	}
	w.paidOnce(db)
}

// paidOnce wants the account's payments to be those that its owner knows of: paid, or in the case of one that nobody
// answered for perhaps yet to be settled.
func (w *witness) paidOnce(db *sql.DB) {
	w.t.Helper()
	paid := columns(w.t, db, `SELECT payments.id, state FROM payments JOIN users ON users.id = user_id WHERE email = '`+w.email+`'`, 2)
	for _, payment := range paid {
		certain, known := w.orders[payment[0]]
		if !known || payment[1] != "paid" && (certain || payment[1] != "pending") {
			w.t.Errorf("a payment is %s, and was acknowledged: %t", payment[1], known && certain)
		}
	}
	if len(paid) != len(w.orders) {
		w.t.Errorf("%d payments, want %d", len(paid), len(w.orders))
	}
}
