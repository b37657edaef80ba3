package proof

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// errGone is the end of a conversation with a portal that was killed: nobody knows what became of the last request.
var errGone = errors.New("no answer")

// A witness is a person who does what people do, one thing after the other, and remembers what was acknowledged.
type witness struct {
	t               *testing.T
	random          *rand.Rand
	send            func(c *webtest.Client, path string, fields ...string) (*webtest.Answer, error)
	stranger        *webtest.Client // a browser of theirs without a cookie
	email, password string
	alive           []*browserOf
	dead            []string        // tokens that must not open anything
	orders          map[string]bool // acknowledged, and whether that was before any doubt
	signUps         []string
	drawn           []int           // deeds that come next
	acknowledged    map[string]int  // deeds
	bagsMissed      func() int      // since anybody looked at the bags
	doubt           func(p *portal) // settles what the last request left open, nil for nothing
}

type browserOf struct {
	*webtest.Client
	value string // in its bag
}

func newWitness(t *testing.T, p *portal, number uint64, send func(*webtest.Client, string, ...string) (*webtest.Answer, error)) *witness {
	t.Helper()
	w := &witness{
		t: t, random: rand.New(rand.NewPCG(*seed, number+1)), send: send, stranger: p.Client(t),
		email: p.account(t, "Ada Lovelace"), password: webtest.Password, orders: map[string]bool{}, acknowledged: map[string]int{},
	}
	b := w.stranger.Fresh().SignIn(w.email, webtest.Password)
	b.Reauth(webtest.Password)
	b.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").Leads("/billing")
	w.alive = []*browserOf{{Client: b}}
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

func (b *browserOf) look(path string) (*webtest.Answer, error) {
	a, err := b.Try(b.Request(http.MethodGet, path))
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
	handle := a.Want(http.StatusOK).CurrentHandle()
	if handle == "" {
		w.t.Error("no current ticket on the sessions page")
	}
	return handle, nil
}

// press sends what may be sent twice until it is told what became of it: on a slow machine the bags can be out of
// reach for a moment. It returns that answer too if the moment does not pass.
func (w *witness) press(b *browserOf, path string, fields ...string) (*webtest.Answer, error) {
	for deadline := time.Now().Add(webtest.Patience); ; time.Sleep(20 * time.Millisecond) {
		a, err := w.send(b.Client, path, fields...)
		if err != nil || a.StatusCode != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return a, err
		}
	}
}

// compare wants one of the values in the bag, and goes on from what is in it. A portal for which Redis was too late has
// said so, and may have lost it.
func (w *witness) compare(b *browserOf, want ...string) {
	w.t.Helper()
	b.value = inBag(b.Client)
	if slices.Contains(want, b.value) {
		return
	}
	if w.bagsMissed() == 0 {
		w.t.Errorf("%q in the bag, want one of %q", b.value, want)
		return
	}
	w.t.Logf("Redis was late, and there is %q in the bag instead of one of %q", b.value, want)
}

// testify compares what was acknowledged with what is.
func (w *witness) testify(p *portal, db *sql.DB) {
	w.t.Helper()
	w.stranger.Origin = p.Origin
	for _, b := range w.alive {
		b.Origin = p.Origin
	}
	if w.doubt != nil {
		w.doubt(p)
		w.doubt = nil
	}
	for _, b := range w.alive {
		if !opens(b.Client) {
			w.t.Error("an acknowledged session is gone")
		}
		w.compare(b, b.value)
	}
	for _, token := range slices.Backward(w.dead) {
		if opens(w.stranger.Copied(token)) {
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
