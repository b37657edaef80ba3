package proof

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
)

// flipAnswer changes one bit of the next answer of the server in which a name stands, which is the one that says who
// asks. It returns how many bits that answer had, 0 before it comes.
func (p postgres) flipAnswer(name string, bit int) *atomic.Int64 {
	var bits atomic.Int64
	p.inject(func(_ *link, fromPortal bool, piece []byte) verdict {
		if !fromPortal && bytes.Contains(piece, []byte(name)) && bits.CompareAndSwap(0, int64(8*len(piece))) {
			piece[bit/8%len(piece)] ^= 1 << (bit % 8)
		}
		return pass
	})
	return &bits
}

// A reader has a page of their own, on which nobody else may be.
type reader struct {
	*webtest.Client
	name, otherName, otherEmail string
}

// page asks for it. bit is for the message of a failure.
func (r reader) page(p *portal, bit int) *webtest.Answer {
	r.T.Helper()
	a := r.Twin().Get("/account")
	if strings.Contains(a.Body, r.otherName) || strings.Contains(a.Body, r.otherEmail) {
		r.T.Errorf("bit %d of byte %d: %s is shown to %s", bit%8, bit/8, r.otherName, r.name)
	}
	switch a.StatusCode {
	case http.StatusOK, http.StatusSeeOther:
	case http.StatusTemporaryRedirect: // taken for a token that was replaced a moment ago
		if to := a.Header.Get("Location"); to != "/account" {
			r.T.Errorf("bit %d of byte %d: asked again at %q", bit%8, bit/8, to)
		}
	default:
		fault(r.T, a, p, r.otherName)
	}
	return a
}

// flips is how many bits of the answer are flipped, one somewhere in each of as many parts of it; with -full it is each.
const flips = 64

// bitAt is which bit comes after n others, of an answer that had so many.
func bitAt(n, bits int) int {
	if *full {
		return n
	}
	return (n*bits + rand.IntN(bits)) / flips
}

// PostgreSQL's protocol has no checksums; only TLS notices a flipped bit. Without TLS, a flipped bit in the answer that
// authenticates a request must not bring an ended session back, reveal internals or another account, or have an effect
// beyond that request.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	const name, otherName = "Ada Lovelace", "Grace Hopper"
	email, otherEmail := db.direct.account(t, name), db.direct.account(t, otherName)
	ada := reader{p.Client(t).SignIn(email, webtest.Password), name, otherName, otherEmail}
	grace := reader{p.Client(t).SignIn(otherEmail, webtest.Password), otherName, name, email}
	gone := p.Client(t).SignIn(email, webtest.Password)
	ended := reader{gone.Twin(), name, otherName, otherEmail}
	gone.Post("/logout").Leads("/signed-out")

	for n, bits := 0, 1; n < flips || *full && n < bits; n++ {
		bit := bitAt(n, bits)
		flip := db.flipAnswer(name, bit)
		if a := ended.page(p, bit); a.StatusCode == http.StatusOK || flip.Load() == 0 {
			t.Errorf("bit %d of byte %d, in an answer of %d bits: the ended session got %d", bit%8, bit/8, flip.Load(), a.StatusCode)
		}
		flip = db.flipAnswer(name, bit)
		ada.page(p, bit)
		if bits = int(flip.Load()); bits == 0 {
			t.Fatal("nothing was flipped")
		}
		db.inject(nil)
		for _, r := range []reader{grace, ada} { // over the same connections
			got := 0
			for tries := 0; tries < 10 && got != http.StatusOK; tries++ {
				a := r.page(p, bit)
				if got = a.StatusCode; got == http.StatusOK {
					a.Says(r.name)
				}
			}
			if got != http.StatusOK {
				t.Fatalf("bit %d of byte %d: %s gets %d afterwards", bit%8, bit/8, r.name, got)
			}
		}
	}
}
