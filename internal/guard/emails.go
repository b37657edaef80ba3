package guard

import (
	"context"
	"time"

	"example.com/gatehouse/internal/device"
)

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

// Tells takes an email about something that was found from the limits of its owner, to be given back if it is not stored. false
// when they have several of its kind by then.
func (g *Guard) Tells(ctx context.Context, userID, kind string) (*Attempt, bool) {
	t := g.begin()
	return t, t.take(ctx, Found.key+":"+userID+":"+kind, Found.Rule) == 0
}

// WarnOfCodes counts a wrong code at a sign-in and reports whether the owner is to have an email about it: after several,
// somebody knows the password (ASVS v5.0.0-6.3.5). What the email took is to be given back if it is not stored.
func (g *Guard) WarnOfCodes(ctx context.Context, userID string) (*Attempt, bool) {
	t := g.begin()
	return t, g.attempts.Take(ctx, WrongCodes.key+":"+userID, WrongCodes.Rule) > 0 &&
		t.take(ctx, "codes letter:"+userID, Warnings.Rule) == 0
}
