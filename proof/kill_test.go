package proof

import (
	"context"
	"database/sql"
	"flag"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/internal/store"
)

var (
	// kills is how often the portal is killed on each ground. The short form is for every change, the long one is "make kills".
	kills = flag.Int("kills", 4, "how often the portal is killed, on each ground")
	seed  = flag.Uint64("seed", 0, "decides what is done and when the portal is killed; 0 for another each time")
)

// people is how many do things at the same time.
const people = 4

// The portal is killed in the middle of what people do, again and again. Whatever was acknowledged is there when it
// starts again, and nothing is there by half.
func TestKills(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	for name, g := range grounds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, random := g(t), rand.New(rand.NewPCG(*seed, 0))
			facts, p := g.facts(t), start(t, g)
			t.Logf("-seed %d", *seed)
			var sent, last atomic.Int64
			last.Store(1 << 62)
			send := func(c *client, path string, fields ...string) (*answer, error) {
				if sent.Add(1) == last.Load() {
					go func() { _ = p.cmd.Process.Kill() }()
				}
				a, err := c.try(c.request(context.WithoutCancel(t.Context()), http.MethodPost, path, fields...))
				if err != nil {
					return nil, errGone
				}
				return a, nil
			}
			witnesses := make([]*witness, people)
			for i := range witnesses {
				witnesses[i] = newWitness(t, p, uint64(i), send)
			}
			for range *kills {
				last.Store(sent.Load() + 10 + random.Int64N(30)) // by what was asked, not by time
				var all sync.WaitGroup
				for _, w := range witnesses {
					all.Go(w.live)
				}
				all.Wait()
				<-p.over
				last.Store(1 << 62)
				p = start(t, g)
				for _, w := range witnesses {
					w.testify(p, facts.DB())
				}
				nothingByHalf(t, facts)
				if t.Failed() {
					return
				}
			}
			t.Logf("%d changes asked for", sent.Load())
		})
	}
}

func newWitness(t *testing.T, p *portal, number uint64, send func(*client, string, ...string) (*answer, error)) *witness {
	t.Helper()
	w := &witness{
		t: t, random: rand.New(rand.NewPCG(*seed, number+1)), send: send, stranger: p.client(t),
		email: p.account(t, "Ada Lovelace"), password: password,
	}
	b := w.stranger.at(p).signIn(w.email, password)
	b.reauth()
	b.post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").location("/billing")
	w.alive = []*browserOf{{client: b}}
	return w
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
		if plan := b.holds(); plan != b.basket {
			w.t.Errorf("%q in the basket, want %q", plan, b.basket)
		}
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
		w.once(db, `SELECT count(*) FROM signups WHERE email = $1`, email)
	}
	for _, order := range w.orders {
		w.once(db, `SELECT count(*) FROM payments WHERE id = $1`, order)
	}
}

func (w *witness) once(db *sql.DB, query, arg string) {
	w.t.Helper()
	var n int
	if err := db.QueryRow(query, arg).Scan(&n); err != nil || n != 1 {
		w.t.Errorf("%s: %d, %v, want 1", query, n, err)
	}
}

// halves are changes of which only a part is there.
var halves = map[string]string{
	"endings without their one event": `
		SELECT count(*) FROM sessions
		WHERE (SELECT count(*) FROM events WHERE session_id = sessions.id AND kind = 'session_expired')
			<> CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END`,
	"sessions without the event of their beginning": `
		SELECT count(*) FROM sessions
		WHERE (SELECT count(*) FROM events WHERE session_id = sessions.id AND kind = 'session_created') <> 1`,
	"rotations without an event, or the reverse": `
		SELECT count(*) FROM sessions
		WHERE (rotated_at > created_at) <> EXISTS (SELECT 1 FROM events WHERE session_id = sessions.id AND kind = 'session_renewed')`,
	"password changes without an event, or the reverse": `
		SELECT count(*) FROM users
		WHERE epoch <> (SELECT count(*) FROM events WHERE user_id = users.id AND kind = 'authn_password_change')`,
	"payments without an event, or the reverse": `
		SELECT count(*) FROM users
		WHERE (SELECT count(*) FROM payments WHERE user_id = users.id AND state = 'paid')
			<> (SELECT count(*) FROM events WHERE user_id = users.id AND kind = 'payment_made')`,
}

func nothingByHalf(t *testing.T, s *store.Store) {
	t.Helper()
	for what, query := range halves {
		var n int
		if err := s.DB().QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s, %v", n, what, err)
		}
	}
}
