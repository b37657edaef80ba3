package guard

import (
	"context"
	"slices"
	"strconv"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/ratelimit"
)

// An Attempt is what one try took from the limits, to be given back if it succeeds. A nil one took nothing.
type Attempt struct {
	limiter ratelimit.Limiter
	taken   []taken
}

type taken struct {
	from ratelimit.Limiter
	key  string
	rule ratelimit.Rule
}

func (g *Guard) begin() *Attempt { return &Attempt{limiter: g.attempts} }

// take takes one from each limit in turn. The first that is exhausted decides the wait, and what was taken before is
// given back.
func (t *Attempt) take(ctx context.Context, key string, rule ratelimit.Rule) time.Duration {
	return t.takeOf(ctx, t.limiter, key, rule)
}

func (t *Attempt) takeOf(ctx context.Context, from ratelimit.Limiter, key string, rule ratelimit.Rule) time.Duration {
	wait := from.Take(ctx, key, rule)
	if wait > 0 {
		t.Return(ctx)
		return wait
	}
	t.taken = append(t.taken, taken{from, key, rule})
	return 0
}

// takeHere takes from a limit of the client's network alone. Behind the address of a trusted proxy may be anybody: they would
// wait for each other.
func (t *Attempt) takeHere(ctx context.Context, key string, rule ratelimit.Rule, c device.Client) time.Duration {
	if c.Proxy {
		return 0
	}
	return t.take(ctx, key, rule)
}

// takeFrom takes from the limit of the client's network, and of the /48 around it.
func (t *Attempt) takeFrom(ctx context.Context, l Limit, c device.Client) time.Duration {
	wait, site := t.takeHere(ctx, l.key+":"+c.Customer(), l.Rule, c), c.Site()
	if wait > 0 || site == "" {
		return wait
	}
	return t.takeHere(ctx, l.key+":"+site, rule(l.Burst*NetworksOfSite, l.Every/NetworksOfSite), c)
}

// Return gives back all that was taken.
func (t *Attempt) Return(ctx context.Context) { t.returnBut(ctx) }

// returnBut gives back all but what was taken under the kept keys.
func (t *Attempt) returnBut(ctx context.Context, kept ...string) {
	if t == nil {
		return
	}
	t.taken = slices.DeleteFunc(t.taken, func(one taken) bool {
		if slices.Contains(kept, one.key) {
			return false
		}
		one.from.Return(ctx, one.key, one.rule)
		return true
	})
}

// FromNetwork takes one from the limit of the client's network. With a wait nothing was taken.
func (g *Guard) FromNetwork(ctx context.Context, l Limit, c device.Client) (*Attempt, time.Duration) {
	t := g.begin()
	wait := t.takeFrom(ctx, l, c)
	if wait > 0 {
		g.Report(ctx, l.report, c.Customer(), c)
	}
	return t, wait
}

// FromAccount takes one from the limit of the account that the actor is signed in to, or of the session, and from what all
// accounts of the client's network may do. With a wait nothing was taken.
func (g *Guard) FromAccount(ctx context.Context, l Limit, by audit.Actor) (*Attempt, time.Duration) {
	t, name := g.begin(), by.UserID
	if l.key == Asked.key { // a thief's session uses up nothing of the owner's
		name = by.SessionID
	}
	wait := t.take(ctx, l.key+":"+name, l.Rule)
	if wait == 0 {
		wait = t.takeFrom(ctx, ChangesHere, by.Client)
	}
	if wait > 0 {
		g.reportOf(ctx, l.report, by.UserID, by)
	}
	return t, wait
}

// SignsIn takes a right sign-in from the limits of its account. What an account had taken before its password was changed is
// forgotten, so that whoever knew the password before keeps nobody out. With a wait nothing was taken.
func (g *Guard) SignsIn(ctx context.Context, u auth.User, c device.Client) (*Attempt, time.Duration) {
	t, name := g.begin(), u.ID+":"+strconv.FormatInt(u.Epoch, 10)
	wait := t.takeHere(ctx, SignedInHere.key+":"+c.Largest()+":"+name, SignedInHere.Rule, c)
	if wait == 0 {
		wait = t.take(ctx, SignedIn.key+":"+name, SignedIn.Rule)
	}
	if wait == 0 {
		wait = t.takeFrom(ctx, ChangesHere, c)
	}
	if wait > 0 {
		g.reportOf(ctx, SignedIn.report, u.ID, audit.Actor{Client: c})
	}
	return t, wait
}

// The emails that somebody asks for by typing an address. Each kind has limits of its own: whoever has many of one kind sent to
// an address uses up none of another.
const (
	SignUpEmails = "sign-up"
	ResetEmails  = "reset"
	ChangeEmails = "change"
)

// MayWriteTo takes an email from the limits of its reader. Each network has its own, so that a stranger elsewhere does not
// use up the emails of somebody who wants one. With a wait nothing was taken.
func (g *Guard) MayWriteTo(ctx context.Context, kind, normalizedEmail string, c device.Client) (*Attempt, time.Duration) {
	t, name := g.begin(), kind+":"+normalizedEmail
	wait := t.takeHere(ctx, EmailsHere.key+":"+c.Largest()+":"+name, EmailsHere.Rule, c)
	if wait == 0 {
		wait = t.take(ctx, Emails.key+":"+name, Emails.Rule)
	}
	if wait > 0 {
		g.Report(ctx, kind+" email", normalizedEmail, c)
	}
	return t, wait
}

// MayWriteToKnown takes an email that the owner of an account asks for from a browser and a network which the account knows,
// after others used up those of its address. press names a press that may be repeated, "" for none: it counts once.
func (g *Guard) MayWriteToKnown(ctx context.Context, userID, press string) bool {
	if press != "" && g.attempts.Take(ctx, "press:"+press, oncePerPress) > 0 {
		return false
	}
	return g.attempts.Take(ctx, EmailsKnown.key+":"+userID, EmailsKnown.Rule) == 0
}

// Tells takes an email about something that was found from the limits of its owner, who has several of its kind by then.
func (g *Guard) Tells(ctx context.Context, userID, kind string) bool {
	return g.attempts.Take(ctx, Found.key+":"+userID+":"+kind, Found.Rule) == 0
}

// accountName is the name of an account in the limits, for email addresses that have one and those that have none.
func accountName(email string) string {
	if key, err := auth.NormalizeEmail(email); err == nil {
		return key
	}
	return email
}
