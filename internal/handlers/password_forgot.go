package handlers

import (
	"context"
	"errors"
	"net/http"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/mail"
)

type forgotView struct {
	Layout
	Email    string // as typed
	Undone   bool   // a change of address was taken back just now
	Problems problems
}

// forgotSentView is the one answer for every address.
type forgotSentView struct {
	Layout
	ValidText string // "30 minutes"
	DevMail   bool
}

func (*forgotView) page() string     { return "forgot.html" }
func (*forgotSentView) page() string { return "forgot-sent.html" }

func (a *app) showForgot(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &forgotView{Undone: query(r, "undone") == "yes"})
}

// forgot answers the same for every address, and does the same work in the background of the answer (ASVS v5.0.0-6.3.8). An
// address without an account gets no email. Whoever mistyped theirs learns it from the page, and nobody can have emails sent to
// strangers here.
func (a *app) forgot(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "email")
	if err != nil {
		return err
	}
	v := &forgotView{Email: f["email"]}
	normalized, err := auth.NormalizeEmail(f["email"])
	if err == nil {
		err = auth.CheckEmail(f["email"])
	}
	if err != nil {
		v.Problems = problems{{"email", err.Error()}}
		return a.render(w, r, http.StatusUnprocessableEntity, v)
	}
	client := clientOf(r)
	try, wait := a.Guard.FromNetwork(r.Context(), guard.Resets, client)
	if wait > 0 {
		tooMany(w, wait)
		v.Problems = problems{{"", "Many password emails were asked for from your network. Please try again in " + wordsOfWait(wait) + "."}}
		return a.render(w, r, http.StatusTooManyRequests, v)
	}
	sender := networkSender(client, normalized)
	if err := a.Outbox.Room(r.Context(), sender); err != nil { // nobody is told of an email that cannot be sent
		try.Return(r.Context())
		return err
	}
	email, wait := a.Guard.MayWriteTo(r.Context(), guard.ResetEmails, normalized, client)
	if wait > 0 {
		a.resetKnown(r, f["email"])
		tooMany(w, wait)
		v.Problems = problems{{"", "Many password emails to that address were asked for, so we sent none this time. If your account was used from this browser " +
			"and this network lately, we sent one all the same, unless you have several by now. Otherwise please try again in " + wordsOfWait(wait) + "."}}
		return a.render(w, r, http.StatusTooManyRequests, v)
	}
	const place = "/password/forgot/sent"
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	a.background(r, func(ctx context.Context) error {
		err := a.sendReset(ctx, f["email"], client, press, sender)
		if press.Key != "" && errors.Is(err, auth.ErrConflict) { // the same press was first
			try.Return(ctx)
			email.Return(ctx)
			return nil
		}
		return err
	})
	a.answered(r)
	seeOther(w, r, place)
	return nil
}

func (a *app) sendReset(ctx context.Context, email string, c device.Client, press *act.Record, sender string) error {
	defer a.Outbox.Wake()
	return a.Accounts.SendResetToken(ctx, email, c, press, func(owner auth.User, token string) (mail.Row, error) {
		l := a.emails.ResetPassword(owner.Email, owner.Name, token, account.ResetValid).By(sender)
		if owner.ID == "" {
			l = l.Decoy()
		}
		return a.Outbox.Row(l)
	})
}

// resetKnown sends the email of an address whose limits others used up, to an owner whose account knows the browser and the network.
// The answer does not depend on it, so it tells nobody whether there is an account.
func (a *app) resetKnown(r *http.Request, email string) {
	client, pressed := clientOf(r), ""
	if press := exchangeOf(r).press; press != nil {
		pressed = press.Key()
	}
	a.background(r, func(ctx context.Context) error {
		owner, err := a.Auth.LookUp(ctx, email)
		if err != nil {
			return err
		}
		known, err := a.Sessions.Knows(ctx, owner.ID, client)
		if err != nil || !known || !a.Guard.MayWriteToKnown(ctx, owner.ID, pressed) {
			return err
		}
		return a.sendReset(ctx, email, client, nil, accountSender(owner.ID))
	})
}

func (a *app) forgotSent(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &forgotSentView{ValidText: words(account.ResetValid), DevMail: a.Mailbox != nil})
}
