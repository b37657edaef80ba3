package guard

import (
	"context"
	"strconv"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// SignsIn takes a right sign-in by passkey from the limit of its account. With a wait nothing was taken.
func (g *Guard) SignsIn(ctx context.Context, p auth.Proof, c device.Client) (*Attempt, time.Duration) {
	t := g.begin()
	return t, g.takeRight(ctx, t, p, c)
}

// takeRight takes a right sign-in from the limit of the network it comes from, so that whoever knows the password keeps nobody
// out elsewhere.
func (g *Guard) takeRight(ctx context.Context, t *Attempt, p auth.Proof, c device.Client) time.Duration {
	wait := t.takeHere(ctx, signedInHere(p, c), SignedInHere.Rule, c)
	if wait > 0 {
		g.reportOf(ctx, SignedInHere.report, p.User().ID, audit.Actor{Client: c})
	}
	return wait
}

// signedInHere names right sign-ins to one account from one network. Those with a password use up none of the passkey's, and
// those before a change of the password none after it.
func signedInHere(p auth.Proof, c device.Client) string {
	u := p.User()
	return SignedInHere.key + ":" + c.Largest() + ":" + u.ID + ":" + strconv.FormatInt(u.Epoch, 10) + ":" + string(p.Method())
}
