package handlers

import (
	"context"
	"errors"
	"net/http"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
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

// forgot answers the same for every address, and does the same work in the background of the answer (ASVS v5.0.0-6.3.8). An address without an account gets no email. Whoever mistyped theirs learns it from the
// page, and nobody can have emails sent to strangers here.
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
	const place = "/password/forgot/sent"
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	if email, ok := a.Guard.MayWriteTo(r.Context(), normalized, client); ok {
		a.background(r, func(ctx context.Context) error {
			err := a.Accounts.SendResetToken(ctx, f["email"], client, press, func(owner auth.User, token string) (mail.Row, error) {
				l := a.emails.ResetPassword(owner.Email, owner.Name, token, account.ResetValid)
				if owner.ID == "" {
					l = l.Decoy()
				}
				return a.Outbox.Row(l)
			})
			a.Outbox.Wake()
			if press.Key != "" && errors.Is(err, auth.ErrConflict) { // the same press was first
				try.Return(ctx)
				email.Return(ctx)
				return nil
			}
			return err
		})
	} else {
		a.Guard.Report(r.Context(), "password reset", normalized, client)
	}
	a.answered(r)
	seeOther(w, r, place)
	return nil
}

func (a *app) forgotSent(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &forgotSentView{ValidText: words(account.ResetValid), DevMail: a.Mailbox != nil})
}
