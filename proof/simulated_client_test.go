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

// errGone means that the portal was killed before it answered, so the outcome of the last request is unknown.
var errGone = errors.New("no answer")

// A simulatedClient acts like one person: it signs in, pays, revokes and so on, one action at a time, and remembers which
// actions the portal acknowledged.
type simulatedClient struct {
	t               *testing.T
	random          *rand.Rand
	send            func(c *webtest.Client, path string, fields ...string) (*webtest.Answer, error)
	visitor         *webtest.Client // a browser of theirs without a cookie
	email, password string
	alive           []*browserOf
	dead            []string        // tokens that must not open anything
	orders          map[string]bool // whether the payment was acknowledged, by order
	signUps         []string
	drawn           []int           // indexes of the actions to do next
	acknowledged    map[string]int  // how often, by action
	bagsMissed      func() int      // since anybody looked at the bags
	settle          func(p *portal) // settles what the last request left open, nil for nothing
}

type browserOf struct {
	*webtest.Client
	value string // in its bag
}

func newSimulatedClient(t *testing.T, p *portal, number uint64, send func(*webtest.Client, string, ...string) (*webtest.Answer, error)) *simulatedClient {
	t.Helper()
	sc := &simulatedClient{
		t: t, random: rand.New(rand.NewPCG(*seed, number+1)), send: send, visitor: p.Client(t),
		email: p.account(t, "Ada Lovelace"), password: webtest.Password, orders: map[string]bool{}, acknowledged: map[string]int{},
	}
	b := sc.visitor.Fresh().SignIn(sc.email, webtest.Password)
	b.Reauth(webtest.Password)
	b.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").Leads("/billing")
	sc.alive = []*browserOf{{Client: b}}
	return sc
}

// live does one action after the other until the portal does not answer.
func (sc *simulatedClient) live() {
	for {
		do := (*simulatedClient).signIn
		if len(sc.alive) > 1 {
			do = sc.next()
		}
		if do(sc) != nil {
			return
		}
	}
}

func (sc *simulatedClient) next() func(*simulatedClient) error {
	if len(sc.drawn) == 0 {
		sc.drawn = sc.random.Perm(len(actions))
	}
	i := sc.drawn[0]
	sc.drawn = sc.drawn[1:]
	return actions[i].do
}

// one takes a random signed-in browser out of alive.
func (sc *simulatedClient) one() *browserOf {
	i := sc.random.IntN(len(sc.alive))
	b := sc.alive[i]
	sc.alive = append(sc.alive[:i:i], sc.alive[i+1:]...)
	return b
}

func (b *browserOf) look(path string) (*webtest.Answer, error) {
	a, err := b.Try(b.Request(http.MethodGet, path))
	if err != nil {
		return nil, errGone
	}
	return a, nil
}

func (sc *simulatedClient) handleOf(b *browserOf) (string, error) {
	a, err := b.look("/account/sessions")
	if err != nil {
		return "", err
	}
	handle := a.Want(http.StatusOK).CurrentHandle()
	if handle == "" {
		sc.t.Error("no current session on the sessions page")
	}
	return handle, nil
}

// press repeats a request that is safe to repeat while the answer is 503, because on a slow machine the bag store can be
// unavailable for a moment. When that lasts longer than webtest.Patience, it returns the 503.
func (sc *simulatedClient) press(b *browserOf, path string, fields ...string) (*webtest.Answer, error) {
	for deadline := time.Now().Add(webtest.Patience); ; time.Sleep(20 * time.Millisecond) {
		a, err := sc.send(b.Client, path, fields...)
		if err != nil || a.StatusCode != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return a, err
		}
	}
}

// compare requires one of the values in the bag and remembers what was found. A bag may be lost only if the portal logged
// that Redis was too slow.
func (sc *simulatedClient) compare(b *browserOf, want ...string) {
	sc.t.Helper()
	b.value = inBag(b.Client)
	if slices.Contains(want, b.value) {
		return
	}
	if sc.bagsMissed() == 0 {
		sc.t.Errorf("%q in the bag, want one of %q", b.value, want)
		return
	}
	sc.t.Logf("Redis was late, and there is %q in the bag instead of one of %q", b.value, want)
}

// verify compares what was acknowledged with what the restarted portal and its database show.
func (sc *simulatedClient) verify(p *portal, db *sql.DB) {
	sc.t.Helper()
	sc.visitor.Origin = p.Origin
	for _, b := range sc.alive {
		b.Origin = p.Origin
	}
	if sc.settle != nil {
		sc.settle(p)
		sc.settle = nil
	}
	for _, b := range sc.alive {
		if !opens(b.Client) {
			sc.t.Error("an acknowledged session is gone")
		}
		sc.compare(b, b.value)
	}
	for _, token := range slices.Backward(sc.dead) {
		if opens(sc.visitor.Copied(token)) {
			sc.t.Error("a session is alive that was acknowledged to be over, or an old token of it")
		}
	}
	sc.dead = nil
	for _, email := range sc.signUps {
		var n int
		if err := db.QueryRow(`SELECT count(*) FROM signups WHERE email = $1`, email).Scan(&n); err != nil || n != 1 {
			sc.t.Errorf("%d sign-ups of one address, %v, want 1", n, err)
		}
	}
	sc.paidOnce(db)
}

// paidOnce requires exactly the payments that were made: an acknowledged one is paid, an unacknowledged one may be pending.
func (sc *simulatedClient) paidOnce(db *sql.DB) {
	sc.t.Helper()
	paid := columns(sc.t, db, `SELECT payments.id, state FROM payments JOIN users ON users.id = user_id WHERE email = '`+sc.email+`'`, 2)
	for _, payment := range paid {
		certain, known := sc.orders[payment[0]]
		if !known || payment[1] != "paid" && (certain || payment[1] != "pending") {
			sc.t.Errorf("a payment is %s, and was acknowledged: %t", payment[1], known && certain)
		}
	}
	if len(paid) != len(sc.orders) {
		sc.t.Errorf("%d payments, want %d", len(paid), len(sc.orders))
	}
}
