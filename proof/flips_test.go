package proof

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// flipAnswer changes one bit of the next answer of the server in which a name stands, which is the one that says who
// asks. It returns how many bits that answer had, 0 before it comes.
func (p postgres) flipAnswer(name string, bit int) *atomic.Int64 {
	var bits atomic.Int64
	p.meddle(func(_ *link, fromPortal bool, piece []byte) verdict {
		if !fromPortal && bytes.Contains(piece, []byte(name)) && bits.CompareAndSwap(0, int64(8*len(piece))) {
			piece[bit/8%len(piece)] ^= 1 << (bit % 8)
		}
		return pass
	})
	return &bits
}

// A reader has a page of their own, on which nobody else may be.
type reader struct {
	*client
	name, otherName, otherEmail string
}

// page asks for it. The bit is for whoever has to find out what went wrong.
func (r reader) page(p *portal, bit int) *answer {
	r.t.Helper()
	a := r.at(p).get("/account")
	if strings.Contains(a.body, r.otherName) || strings.Contains(a.body, r.otherEmail) {
		r.t.Errorf("bit %d of byte %d: %s is shown to %s", bit%8, bit/8, r.otherName, r.name)
	}
	switch a.status {
	case http.StatusOK, http.StatusSeeOther:
	case http.StatusTemporaryRedirect: // taken for a token that was replaced a moment ago
		if to := a.header.Get("Location"); to != "/account" {
			r.t.Errorf("bit %d of byte %d: asked again at %q", bit%8, bit/8, to)
		}
	default:
		a.fault(r.t, p, r.otherName)
	}
	return a
}

// PostgreSQL's protocol has no checksums; TLS is what notices a flipped bit. Without it, a bit of the answer that says
// who asks may still not bring an ended session back, show what is inside or anybody else, or outlast its request. Every
// bit is walked with -rounds 1000.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	const name, otherName = "Ada Lovelace", "Grace Hopper"
	email, otherEmail := db.direct.account(t, name), db.direct.account(t, otherName)
	ada := reader{p.client(t).signIn(email, password), name, otherName, otherEmail}
	grace := reader{p.client(t).signIn(otherEmail, password), otherName, name, email}
	gone := p.client(t).signIn(email, password)
	ended := reader{gone.at(p), name, otherName, otherEmail}
	gone.post("/logout").location("/signed-out")

	for bit, bits := 0, 1; bit < bits; bit += max(1, bits / *rounds / 32) | 1 { // odd, so that each bit of a byte has its turn
		flip := db.flipAnswer(name, bit)
		if a := ended.page(p, bit); a.status == http.StatusOK || flip.Load() == 0 {
			t.Errorf("bit %d of byte %d, in an answer of %d bits: the ended session got %d", bit%8, bit/8, flip.Load(), a.status)
		}
		flip = db.flipAnswer(name, bit)
		ada.page(p, bit)
		if bits = int(flip.Load()); bits == 0 {
			t.Fatal("nothing was flipped")
		}
		db.meddle(nil)
		for _, r := range []reader{grace, ada} { // over the same connections
			got := 0
			for tries := 0; tries < 10 && got != http.StatusOK; tries++ {
				a := r.page(p, bit)
				if got = a.status; got == http.StatusOK {
					a.says(r.name)
				}
			}
			if got != http.StatusOK {
				t.Fatalf("bit %d of byte %d: %s gets %d afterwards", bit%8, bit/8, r.name, got)
			}
		}
	}
}
