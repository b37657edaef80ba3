package handlers

import (
	"net/http"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/mail"
)

// The emails to a demo account go into a mailbox in the portal itself, which its owner alone reads, signed in. Nothing leaves.

type demoMailView struct {
	Layout
	Emails []devEmailView
}

func (*demoMailView) page() string { return "demo-mail.html" }

// mailPage is where the owner of a demo account reads its emails.
const mailPage = "/demo/mail"

// addressed is an email to the owner of an account, on its way there.
func addressed(owner auth.User, l mail.Email) mail.Email {
	if owner.IsDemo() {
		return l.Into(owner.ID)
	}
	return l
}

func (a *app) demoMail(w http.ResponseWriter, r *http.Request) error {
	v := &demoMailView{}
	emails, err := a.Outbox.Box(r.Context(), currentOf(r).UserID)
	for _, l := range emails {
		v.Emails = append(v.Emails, emailViewOf(l))
	}
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, v)
}

func emailViewOf(l mail.Email) devEmailView {
	return devEmailView{ID: l.ID, To: l.To, Subject: l.Subject, Text: l.Text, At: l.At, Links: linksInEmail.FindAllString(l.Text, -1)}
}
