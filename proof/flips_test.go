package proof

import (
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
)

// flipped changes one bit of the next answer of the server.
func flipped(place int, bit byte) meddler {
	var done atomic.Bool
	return func(_ *link, fromPortal bool, piece []byte) verdict {
		if !fromPortal && done.CompareAndSwap(false, true) {
			piece[place%len(piece)] ^= bit
		}
		return pass
	}
}

// PostgreSQL's protocol has no checksums; TLS is what notices a flipped bit. Without it, a bit of the answer that says
// who asks may still not bring an ended session back, show what is inside, or outlast its request.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	email := db.direct.account(t, "Ada Lovelace")
	c := p.client(t).signIn(email, password)
	ended := p.client(t).signIn(email, password)
	copied := ended.at(p)
	ended.post("/logout").location("/signed-out")
	for range *rounds {
		place, bit := rand.IntN(4000), byte(1)<<rand.IntN(8)
		db.meddle(flipped(place, bit))
		if a := copied.at(p).get("/account"); a.status == http.StatusOK {
			t.Errorf("bit %d of byte %d: the ended session is alive", bit, place)
		}
		db.meddle(flipped(place, bit))
		if a := c.at(p).get("/account"); a.status != http.StatusOK && a.status != http.StatusSeeOther {
			a.fault(t, p)
		}
		db.meddle(nil)
		until(t, "a page", func() bool { return c.at(p).get("/account").status == http.StatusOK })
	}
}
