package guard

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"example.com/gatehouse/internal/device"
)

// A token of 256 random bits cannot be guessed, but each try costs the database a read. So tokens that belong to nobody are
// counted by network, and beyond the limit tokens are no longer looked up (ASVS v5.0.0-6.3.1, 16.3.3). Recently valid tokens
// still are, so that somebody who guesses does not sign out others in the same network.

// BeginLookUp takes the look-up of a session's token from the limit of its network. Unless the token is nobody's, it is to
// be returned. For a recently valid token nothing is taken, and the attempt is nil.
func (g *Guard) BeginLookUp(ctx context.Context, token string, c device.Client) (*Attempt, time.Duration) {
	if g.recent.has(token) {
		return nil, 0
	}
	return g.FromNetwork(ctx, UnknownTokens, c)
}

// RememberToken makes a token a recently valid one.
func (g *Guard) RememberToken(token string) { g.recent.add(token) }

// recentTokens remembers tokens that belonged to somebody when they were last looked up: their hashes, without the owners.
// It decides nothing but whether a token may be looked up.
type recentTokens struct {
	mu          sync.Mutex
	young, aged map[[sha256.Size]byte]struct{}
}

// maxRecent is how many tokens are remembered since the last change of generations, and again from before it.
const maxRecent = 50_000

func newRecentTokens() *recentTokens {
	return &recentTokens{young: map[[sha256.Size]byte]struct{}{}}
}

func (r *recentTokens) has(token string) bool {
	id := sha256.Sum256([]byte(token))
	r.mu.Lock()
	defer r.mu.Unlock()
	_, young := r.young[id]
	_, aged := r.aged[id]
	if aged && !young {
		r.put(id)
	}
	return young || aged
}

func (r *recentTokens) add(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(sha256.Sum256([]byte(token)))
}

func (r *recentTokens) put(id [sha256.Size]byte) {
	if len(r.young) >= maxRecent {
		r.young, r.aged = map[[sha256.Size]byte]struct{}{}, r.young
	}
	r.young[id] = struct{}{}
}
