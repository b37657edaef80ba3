package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

const wrongCode = "That code is not right, or was used before."

// enterCode is said to somebody who left the field empty.
func enterCode(u auth.User) string {
	if u.TOTP {
		return "Enter the code that your app shows."
	}
	return "Enter a recovery code."
}

// takeCode takes a guess at a code of somebody's app from the limits of the account, and says what is wrong when there
// were too many. A recovery code is beyond guessing, so its owner gets in whoever else is at it.
func (a *app) takeCode(w http.ResponseWriter, r *http.Request, userID, handle, typed string) *problem {
	if !auth.IsTOTPCode(typed) {
		return nil
	}
	wait := a.Attempts.Take(r.Context(), "code:"+userID, perCode)
	if wait == 0 {
		return nil
	}
	a.reportLimitFor(r, "code", userID, handle)
	tooMany(w, wait)
	return &problem{"code", "There were too many wrong codes. Please try again in " + words(wait) + ", or use a recovery code."}
}

// checkCode completes a proof inside a session.
func (a *app) checkCode(w http.ResponseWriter, r *http.Request, p auth.Proof, typed string, failure audit.Kind) (auth.Proof, problems, int, error) {
	v := visitorOf(r)
	if typed == "" {
		return p, problems{{"code", enterCode(p.User())}}, http.StatusUnprocessableEntity, nil
	}
	if wrong := a.takeCode(w, r, v.UserID, v.ID, typed); wrong != nil {
		return p, problems{*wrong}, http.StatusTooManyRequests, nil
	}
	p, err := a.Auth.CheckCode(r.Context(), p, typed, actor(r), failure)
	if errors.Is(err, auth.ErrBadCode) {
		return p, problems{{"code", wrongCode}}, http.StatusUnprocessableEntity, nil
	}
	if err == nil {
		a.codeTaken(r, p)
	}
	return p, nil, 0, err
}

// codeTaken forgets the wrong codes before a good one, which are no longer in a row, and tells the owner of a recovery code
// that it is gone.
func (a *app) codeTaken(r *http.Request, p auth.Proof) {
	u := p.User()
	a.Attempts.Reset(r.Context(), "code:"+u.ID)
	if p.Method() != auth.MethodRecoveryCode {
		return
	}
	factors, err := a.Accounts.Factors(r.Context(), u.ID)
	if err != nil {
		a.Log.WarnContext(r.Context(), "recovery codes not counted", "err", err)
		return
	}
	a.flash(r, "You used a recovery code. %d of %d are left.", factors.CodesLeft, auth.RecoveryCodeCount)
	a.tell(u, a.letters.RecoveryCodeUsed(u.Email, u.Name, time.Now(), senderOf(r), factors.CodesLeft))
}
