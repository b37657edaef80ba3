package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

func (a *app) showSignUp(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, signUpForm("", ""))
}

func signUpForm(name, email string) *signUpView {
	return &signUpView{Name: name, Email: email, MinLength: auth.MinPassword, MaxLength: auth.MaxPassword}
}

// signUp answers the same for an address that has an account and one that has none; the letter tells its reader.
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
	key, err := auth.NormalizeEmail(f["email"])
	if err != nil {
		v.Problems = append(v.Problems, problem{"email", "Write an address like name@example.com."})
	}
	if err := auth.CheckNewPassword(f["password"], auth.MinPassword, name, f["email"]); err != nil {
		v.Problems = append(v.Problems, problem{"password", err.Error()})
	}
	if len(v.Problems) > 0 {
		return a.render(w, r, http.StatusUnprocessableEntity, v)
	}
	t := attempt{limiter: a.Attempts}
	if wait := t.takeFrom(r, "sign-up", perSignUp); wait > 0 {
		a.reportLimit(r, "sign-up", clientOf(r).Customer())
		tooMany(w, wait)
		v.Problems = problems{{"", "Many accounts are being made from your network. Please try again in " + words(wait) + "."}}
		return a.render(w, r, http.StatusTooManyRequests, v)
	}
	application := account.Application{Name: name, Email: f["email"], Password: f["password"], Unanswered: !a.mayWriteTo(r, key)}
	registration, err := a.Accounts.Register(r.Context(), application, clientOf(r))
	if err != nil {
		return err
	}
	switch {
	case registration.Existing != nil:
		a.tell(*registration.Existing, a.letters.AlreadyMember(registration.Existing.Email))
	case registration.Token != "":
		device := senderOf(r)
		a.Post.Send(a.letters.ConfirmSignUp(f["email"], registration.Token, time.Now(), device, account.SignUpValid))
	}
	seeOther(w, r, "/signup/sent")
	return nil
}

// mayWriteTo takes a letter from the limits of its reader. Each network has its own, so that a stranger elsewhere does
// not use up the letters of somebody who wants one.
func (a *app) mayWriteTo(r *http.Request, emailKey string) bool {
	t := attempt{limiter: a.Attempts}
	return t.take(r.Context(), "letters here:"+clientOf(r).Customer()+":"+emailKey, perReaderHere) == 0 &&
		t.take(r.Context(), "letters:"+emailKey, perReader) == 0
}

func (a *app) signUpSent(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &signUpSentView{DevMail: a.Outbox != nil})
}

// showConfirm shows a button. Following the link changes nothing, because mail scanners follow links.
func (a *app) showConfirm(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the key
	token := chi.URLParam(r, "token")
	waiting, err := a.Accounts.PendingSignUp(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, http.StatusNotFound, &confirmView{})
	}
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, &confirmView{Token: token, AskedAt: waiting.CreatedAt, Device: named(device.Name(waiting.UserAgent))})
}

func (a *app) confirm(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	err := a.Accounts.Confirm(r.Context(), chi.URLParam(r, "token"), clientOf(r))
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, http.StatusNotFound, &confirmView{})
	}
	if err != nil {
		return err
	}
	seeOther(w, r, "/login?confirmed=yes")
	return nil
}
