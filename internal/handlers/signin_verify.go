package handlers

import (
	"context"
	"errors"
	"net/http"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// verifyView asks for the second step of a sign-in.
type verifyView struct {
	Layout
	Email    string             // of the account
	Account  string             // its public name, for the form to say whom it was shown for
	App      bool               // the account has an authenticator app
	Passkey  *passkeySignInView // nil for an account without one
	Left     int                // codes that may still be tried
	Problems problems
}

func (*verifyView) page() string { return "verify.html" }

const verifyPage = "/login/verify"

// askSecondFactor saves a sign-in whose password was right until its second step. It signs nobody in. ErrConflict when the
// same press was first on another instance.
func (a *app) askSecondFactor(w http.ResponseWriter, r *http.Request, p auth.Proof, remember bool, next string) error {
	token := auth.NewToken()
	press, err := a.staysIn(r, act.Answer{Pending: token, Place: verifyPage})
	if err != nil {
		return err
	}
	waiting := auth.PendingSignIn{TokenHash: auth.HashToken(token), Remember: remember, Next: next}
	if err := a.Auth.SavePendingSignIn(r.Context(), p, waiting, press, clientOf(r)); err != nil {
		return err
	}
	a.answered(r)
	a.Bag.SetPending(w, token, auth.PendingValid)
	return nil
}

// waitOn sets the cookie of a pending sign-in again, for as long as that is valid. ErrNotFound when it is finished or over.
func (a *app) waitOn(ctx context.Context, w http.ResponseWriter, token string) error {
	waiting, _, err := a.Auth.PendingSignIn(ctx, token)
	if err == nil {
		a.Bag.SetPending(w, token, waiting.ExpiresAt.Sub(audit.Now()))
	}
	return err
}

func (a *app) showVerify(w http.ResponseWriter, r *http.Request) error {
	waiting, u, err := a.Auth.PendingSignIn(r.Context(), a.Bag.Pending(r))
	if err != nil {
		return a.startAgain(w, r, err)
	}
	return a.verifyForm(w, r, http.StatusOK, u, waiting)
}

func (a *app) verifyForm(w http.ResponseWriter, r *http.Request, status int, u auth.User, waiting auth.PendingSignIn, wrong ...problem) error {
	v := &verifyView{Email: u.Email, Account: u.ID, App: u.TOTP, Left: waiting.AttemptsLeft, Problems: wrong}
	if u.Passkeys {
		v.Passkey = &passkeySignInView{Next: waiting.Next, Remember: waiting.Remember}
	}
	v.Unwarned = true
	return a.render(w, r, status, v)
}

// startAgain answers when this browser has no pending sign-in, or one that has expired.
func (a *app) startAgain(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	if a.Bag.Pending(r) == "" {
		seeOther(w, r, "/login")
		return nil
	}
	a.Bag.DropPending(w)
	seeOther(w, r, "/login?again=yes")
	return nil
}

// verify takes the second step: a code of the app, or a recovery code. The session is opened in the transaction that
// deletes the pending sign-in, so one sign-in opens one session (ASVS v5.0.0-6.3.4, 7.2.4).
func (a *app) verify(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "code", "account")
	if err != nil {
		return err
	}
	waiting, u, err := a.Auth.PendingSignIn(r.Context(), a.Bag.Pending(r))
	if err != nil {
		return a.startAgain(w, r, err)
	}
	if err := anotherAccount(f["account"], u.ID, u.Email, r.URL.Path); err != nil {
		return err
	}
	if auth.TypedCode(f["code"]) == "" {
		return a.verifyForm(w, r, http.StatusUnprocessableEntity, u, waiting, problem{"code", enterCode(u)})
	}
	waiting, proof, err := a.Auth.CheckPendingCode(r.Context(), waiting, f["code"], clientOf(r))
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		tooMany(w, limited.Wait)
		return a.verifyForm(w, r, http.StatusTooManyRequests, u, waiting, tooManyCodes(limited.Wait))
	}
	if errors.Is(err, auth.ErrUncheckable) {
		exchangeOf(r).cause = err
		return a.verifyForm(w, r, http.StatusServiceUnavailable, u, waiting, problem{"code", uncheckableCode})
	}
	if errors.Is(err, auth.ErrBadCode) {
		a.warnOfCodes(r, u)
		if waiting.AttemptsLeft == 0 {
			return a.startAgain(w, r, audit.ErrNotFound)
		}
		return a.verifyForm(w, r, http.StatusUnprocessableEntity, u, waiting, problem{"code", wrongCode})
	}
	if err != nil {
		return a.startAgain(w, r, err)
	}
	place := a.destination(waiting.Next)
	a.notifyOfRecoveryCode(r, proof)
	err = a.openSession(r, proof, session.SignInRequest{Remember: waiting.Remember}, place)
	if errors.Is(err, auth.ErrConflict) {
		return a.startAgain(w, r, audit.ErrNotFound)
	}
	if err != nil {
		return err
	}
	a.Bag.DropPending(w)
	a.reportRecoveryCode(r, proof)
	seeOther(w, r, place)
	return nil
}
