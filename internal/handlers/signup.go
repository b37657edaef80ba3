package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/mail"
)

type signUpView struct {
	Layout
	Name, Email          string
	MinLength, MaxLength int
	Problems             problems
}

// signUpSentView is the one answer to every sign-up, whether or not the address has an account.
type signUpSentView struct {
	Layout
	DevMail bool
}

func (*signUpView) page() string     { return "signup.html" }
func (*signUpSentView) page() string { return "signup-sent.html" }

func (a *app) showSignUp(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, signUpForm("", ""))
}

func signUpForm(name, email string) *signUpView {
	return &signUpView{Name: name, Email: email, MinLength: auth.MinPassword, MaxLength: auth.MaxPassword}
}

// signUp answers the same for an address that has an account and one that has none; the email tells its reader.
func (a *app) signUp(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "name", "email", "password")
	if err != nil {
		return err
	}
	v := signUpForm(f["name"], f["email"])
	name, err := auth.CleanName(f["name"])
	if err != nil {
		v.Problems = append(v.Problems, problem{"name", err.Error()})
	}
	address, normalized, err := auth.NewEmail(f["email"])
	if err != nil {
		v.Problems = append(v.Problems, problem{"email", err.Error()})
	}
	if err := auth.CheckNewPassword(f["password"], auth.MinPassword, name, f["email"]); err != nil {
		v.Problems = append(v.Problems, problem{"password", err.Error()})
	}
	if len(v.Problems) > 0 {
		return a.render(w, r, http.StatusUnprocessableEntity, v)
	}
	try, wait := a.Guard.FromNetwork(r.Context(), guard.SignUps, clientOf(r))
	if wait > 0 {
		tooMany(w, wait)
		v.Problems = problems{{"", "Many accounts are being made from your network. Please try again in " + wordsOfWait(wait) + "."}}
		return a.render(w, r, http.StatusTooManyRequests, v)
	}
	const place = "/signup/sent"
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	email, wait := a.Guard.MayWriteTo(r.Context(), guard.SignUpEmails, normalized, clientOf(r))
	if wait > 0 {
		try.Return(r.Context())
		tooMany(w, wait)
		v.Problems = problems{{"email", manyEmails(wait)}}
		return a.render(w, r, http.StatusTooManyRequests, v)
	}
	device, sender := a.senderOf(r), networkSender(clientOf(r), normalized)
	err = a.Accounts.Register(r.Context(), account.Application{
		Name: name, Email: f["email"], Password: f["password"], Act: press,
		Confirm: func(token string) (mail.Row, error) {
			return a.Outbox.Row(a.emails.ConfirmSignUp(address, token, time.Now(), device, account.SignUpValid).By(sender))
		},
		Exists: func(owner auth.User) (mail.Row, error) {
			return a.Outbox.Row(a.emails.AlreadyMember(owner.Email).By(sender))
		},
	}, clientOf(r))
	if err != nil {
		email.Return(r.Context())
		if errors.Is(a.unanswered(r)(r.Context()), auth.ErrConflict) {
			try.Return(r.Context()) // which pays for the hash, so it takes more than a value that was used before
		}
		return err
	}
	a.Outbox.Wake()
	a.answered(r)
	seeOther(w, r, place)
	return nil
}

func (a *app) signUpSent(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &signUpSentView{DevMail: a.Mailbox != nil})
}
