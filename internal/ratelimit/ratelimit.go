// Package ratelimit counts attempts against a budget, such as sign-ins per account and per address (ASVS v5.0.0-6.3.1), in
// the memory of one process or in Redis. It does not know what a key stands for, nor what the caller does when refused.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"time"
)

// Rule allows Burst takes at once and one more each Every. Both must be above zero: anything else is a mistake in the
// program, and Take and Return panic. Every counts in whole microseconds, rounded up. No budget needs longer than ten
// years to fill: a slower rule is quickened to that.
//
// With a Growth the budget does not fill as time goes by. What is counted then is takes in a row, and the wait after one
// grows with their number.
type Rule struct {
	Burst int
	Every time.Duration
	Growth
}

// A Growth makes people wait longer with each take in a row, as NIST SP 800-63B-4 section 3.2.2 suggests for passwords:
// Every after take number Burst, twice as long after each further one, at most Max. Return undoes one take, and ResetAfter
// without a take, or Reset, all of them. After LockAfter in a row, 0 for never, the wait is ResetAfter. The durations are whole
// microseconds; Every, Max and ResetAfter must not fall in that order, nor LockAfter be below Burst, or Take and Return panic.
type Growth struct {
	Max        time.Duration
	ResetAfter time.Duration
	LockAfter  int
}

// A Limiter keeps one budget for each key. Its methods may be called at the same time: of any number of takes, exactly
// as many succeed as the rule allows. The rule of a key may change: what was taken stays taken.
type Limiter interface {
	// Take takes one from the key's budget and returns 0, or takes nothing and returns how long the budget needs to
	// have one again. A take after that succeeds unless another one came first.
	Take(ctx context.Context, key string, r Rule) (wait time.Duration)

	// Return gives back one that was taken, as for a sign-in that succeeded. A budget never holds more than Burst.
	Return(ctx context.Context, key string, r Rule)

	// Reset forgets the keys: their budgets are full.
	Reset(ctx context.Context, keys ...string)
}

// longest bounds the time in which a budget fills, so that the sums below overflow neither a time.Duration nor the
// 53 bits in which Lua keeps a whole number.
const longest = 10 * 365 * 24 * time.Hour

// pace returns the rule's two parameters in the generic cell rate algorithm (ITU-T I.371), which both limiters run. All
// that is kept of a key is the instant at which its budget is full again. A take moves that instant by every, and is
// refused if it would come to lie more than window from now.
func (r Rule) pace() (every, window time.Duration) {
	if r.Burst < 1 || r.Every <= 0 {
		panic("ratelimit: a rule needs a Burst and an Every above zero")
	}
	burst := min(time.Duration(r.Burst), longest/time.Microsecond)
	every = min(r.Every, longest/burst)
	every = (every + time.Microsecond - 1).Truncate(time.Microsecond)
	return every, burst * every
}

// grows reports whether the rule counts takes in a row.
func (r Rule) grows() bool {
	if r.Growth == (Growth{}) {
		return false
	}
	if r.Burst < 1 || r.Every <= 0 || r.Max < r.Every || r.ResetAfter < r.Max || r.ResetAfter > longest || r.LockAfter != 0 && r.LockAfter < r.Burst {
		panic("ratelimit: a rule that grows needs Burst, Every, Max, ResetAfter and LockAfter in their order")
	}
	return true
}

// pause is how long nothing can be taken after n takes in a row. The script of Redis says the same.
func (r Rule) pause(n int) time.Duration {
	if n < r.Burst {
		return 0
	}
	if r.LockAfter > 0 && n >= r.LockAfter {
		return r.ResetAfter
	}
	pause := r.Every
	for range n - r.Burst {
		if pause *= 2; pause >= r.Max {
			return r.Max
		}
	}
	return pause
}

// A digest replaces a key. It has one size however long the key is, and does not show the address in it, though a guessed
// address can be checked.
type digest [sha256.Size]byte

func digestOf(key string) digest { return sha256.Sum256([]byte(key)) }
