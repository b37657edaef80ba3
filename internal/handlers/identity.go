package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// identityFields are the fields in which a form shows that the owner of the account sends it: the password and, where
// the account asks for one, a code; or the answer of a passkey in place of both.
var identityFields = []string{"password", "code", "assertion"}

// identityView is what the partial "identity" asks for.
type identityView struct {
	Field, Label, Hint string // of the password
	Code               bool   // the account asks for a second step
	App                bool   // which may be a code of an authenticator app; otherwise only a recovery code is one
	Passkey            bool   // the account has a passkey
	Problems           problems
}

// identityForm asks the current user for the password, and for a code if the account has a second factor (ASVS v5.0.0-7.5.1).
func identityForm(r *http.Request, hint string, wrong problems) identityView {
	u := currentOf(r).User
	return identityView{Field: "password", Label: "Password", Hint: hint, Code: u.SecondFactor(), App: u.TOTP, Passkey: u.Passkeys, Problems: wrong}
}

const enterPassword = "Enter your password."

// identify checks the identityFields of a form, within the limits of this session. wrong is what to show under the status; it
// is nil when the proof is complete.
func (a *app) identify(w http.ResponseWriter, r *http.Request, f map[string]string, failure audit.Kind) (p auth.Proof, wrong problems, status int, err error) {
	if f["assertion"] != "" {
		return a.identifyByPasskey(w, r, f["assertion"], failure)
	}
	if f["password"] == "" {
		wrong = append(wrong, problem{"password", enterPassword})
	}
	if u := currentOf(r).User; auth.TypedCode(f["code"]) == "" && u.SecondFactor() {
		wrong = append(wrong, problem{"code", enterCode(u)})
	}
	if wrong != nil {
		return p, wrong, http.StatusUnprocessableEntity, nil
	}
	p, err = a.Auth.CheckPassword(r.Context(), actor(r), f["password"], failure)
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		tooMany(w, limited.Wait)
		return p, problems{{"password", tooManyAttempts(limited.Wait)}}, http.StatusTooManyRequests, nil
	}
	if errors.Is(err, auth.ErrBadCredentials) {
		return p, problems{{"password", "That is not your password."}}, http.StatusUnprocessableEntity, nil
	}
	if err == nil && !p.Complete() {
		p, wrong, status, err = a.checkCode(w, r, p, f["code"], failure)
	}
	return p, wrong, status, err
}

// identifyByPasskey checks the answer of a passkey, which is a complete proof. It counts for this one form: its challenge
// is used up.
func (a *app) identifyByPasskey(w http.ResponseWriter, r *http.Request, answer string, failure audit.Kind) (p auth.Proof, wrong problems, status int, err error) {
	p, err = a.Passkeys.CheckConfirmation(r.Context(), actor(r), []byte(answer), failure, a.unanswered(r))
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		tooMany(w, limited.Wait)
		return p, problems{{"", tooManyAttempts(limited.Wait)}}, http.StatusTooManyRequests, nil
	}
	if errors.Is(err, auth.ErrBadCredentials) {
		return p, problems{{"", "That passkey was not accepted. Please try again."}}, http.StatusUnprocessableEntity, nil
	}
	if err == nil {
		a.notifyOfCopy(r, p)
	}
	return p, nil, 0, err
}

// notifyOfCopy has whatever the proof is for store an email about a passkey that may have been copied.
func (a *app) notifyOfCopy(r *http.Request, p auth.Proof) {
	if u := p.User(); p.Cloned() {
		a.notify(r, u, a.emails.PasskeyCloned(u.Email, u.Name, time.Now(), a.senderOf(r)))
	}
}

// beginPasskeyConfirmation hands out a challenge for the passkeys of the person signed in, good in this session.
func (a *app) beginPasskeyConfirmation(w http.ResponseWriter, r *http.Request) error {
	options, err := a.Passkeys.BeginConfirmation(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, json.RawMessage(options))
}
