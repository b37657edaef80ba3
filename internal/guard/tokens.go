package guard

import (
	"context"
	"sync"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A token of 256 random bits cannot be guessed, but each try costs the database a read. So tokens that belong to nobody are
// counted by network, and beyond the limit tokens are no longer looked up (ASVS v5.0.0-6.3.1, 16.3.3). Recently valid tokens
// still are, so that somebody who guesses does not sign out others in the same network.

// BeginLookUp takes the look-up of a session's token from the limit of its network. Unless the token is nobody's, it is to
// be returned. For a recently valid token nothing is taken, and the attempt is nil.
func (g *Guard) BeginLookUp(ctx context.Context, token string, c device.Client) (*Attempt, time.Duration) {
	if g.recent.has(auth.HashToken(token)) {
		return nil, 0
	}
	return g.FromNetwork(ctx, UnknownTokens, c)
}

// RememberToken makes the token with that hash a recently valid one: it was issued, or looked up and found.
func (g *Guard) RememberToken(tokenHash string) { g.recent.add(tokenHash) }

// recentTokens remembers tokens that belonged to somebody when they were issued or last looked up: their hashes, without the
// owners. It decides nothing but whether a token may be looked up.
type recentTokens struct {
	mu          sync.Mutex
	young, aged map[string]struct{}
}

// maxRecent is how many tokens are remembered since the last change of generations, and again from before it.
const maxRecent = 50_000

func newRecentTokens() *recentTokens {
	return &recentTokens{young: map[string]struct{}{}}
}

func (r *recentTokens) has(tokenHash string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, young := r.young[tokenHash]
	_, aged := r.aged[tokenHash]
	if aged && !young {
		r.put(tokenHash)
	}
	return young || aged
}

func (r *recentTokens) add(tokenHash string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(tokenHash)
}

func (r *recentTokens) put(tokenHash string) {
	if len(r.young) >= maxRecent {
		r.young, r.aged = map[string]struct{}{}, r.young
	}
	r.young[tokenHash] = struct{}{}
}
