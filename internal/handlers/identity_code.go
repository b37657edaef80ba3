package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

const wrongCode = "That code is not right, or was used before."

// uncheckableCode is said to somebody whose app may be right.
const uncheckableCode = "We cannot check the codes of your app at the moment. That is our fault. A recovery code works."

// enterCode is said to somebody who left the field empty.
func enterCode(u auth.User) string {
	if u.TOTP {
		return "Enter the code that your app shows."
	}
	return "Enter a recovery code."
}

// tooManyCodes is said to somebody who has to wait before the next code of the app.
func tooManyCodes(wait time.Duration) problem {
	return problem{"code", "There were too many wrong codes. Please try again in " + wordsOfWait(wait) + ", or use a recovery code."}
}

// checkCode completes a proof inside a session.
func (a *app) checkCode(w http.ResponseWriter, r *http.Request, p auth.Proof, typed string, failure audit.Kind) (auth.Proof, problems, int, error) {
	if auth.TypedCode(typed) == "" {
		return p, problems{{"code", enterCode(p.User())}}, http.StatusUnprocessableEntity, nil
	}
	p, err := a.Auth.CheckCode(r.Context(), p, typed, actor(r), failure, a.unanswered(r))
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		tooMany(w, limited.Wait)
		return p, problems{tooManyCodes(limited.Wait)}, http.StatusTooManyRequests, nil
	}
	if errors.Is(err, auth.ErrBadCode) {
		return p, problems{{"code", wrongCode}}, http.StatusUnprocessableEntity, nil
	}
	if errors.Is(err, auth.ErrUncheckable) {
		exchangeOf(r).cause = err
		return p, problems{{"code", uncheckableCode}}, http.StatusServiceUnavailable, nil
	}
	if err == nil {
		a.notifyOfRecoveryCode(r, p)
	}
	return p, nil, 0, err
}

// notifyOfRecoveryCode has whatever the proof is for store an email about the recovery code that it spends.
func (a *app) notifyOfRecoveryCode(r *http.Request, p auth.Proof) {
	if u := p.User(); p.Method() == auth.MethodRecoveryCode {
		a.notify(r, u, a.emails.RecoveryCodeUsed(u.Email, u.Name, time.Now(), a.senderOf(r), p.CodesLeft()))
	}
}

// reportRecoveryCode says that a recovery code is gone. Whatever takes a proof calls it once the code is spent.
func (a *app) reportRecoveryCode(r *http.Request, p auth.Proof) {
	if p.Method() == auth.MethodRecoveryCode {
		a.flash(r, "You used a recovery code. %d of %d are left.", p.CodesLeft(), auth.RecoveryCodeCount)
	}
}
