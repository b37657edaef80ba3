package handlers

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

type securityView struct {
	Layout
	PasswordChanged time.Time
	Sessions        int
	WindowText      string
	MinLength       int
	App             time.Time // since when an authenticator app is enrolled; zero without one
	Passkeys        int
	SecondFactor    bool
	Codes, OfCodes  int  // recovery codes left
	Lacking         bool // nothing else is open to this person until they have a second factor
	Signals         auth.PasskeySignals
	Problems        problems
}

func (*securityView) page() string { return "security.html" }

// FewCodes reports whether it is time to make others.
func (v *securityView) FewCodes() bool { return v.Codes <= fewCodes }

func (a *app) security(w http.ResponseWriter, r *http.Request) error {
	return a.showSecurity(w, r, http.StatusOK)
}

func (a *app) showSecurity(w http.ResponseWriter, r *http.Request, status int, wrong ...problem) error {
	v := currentOf(r)
	factors, err := a.Accounts.Factors(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	var passkeys []auth.Passkey
	if v.User.Passkeys {
		if passkeys, err = a.Accounts.Passkeys(r.Context(), v.UserID); err != nil {
			return err
		}
	}
	p := a.Sessions.Policy()
	return a.render(w, r, status, &securityView{
		PasswordChanged: v.User.PasswordChangedAt, Sessions: factors.Sessions,
		WindowText: words(p.Elevation), MinLength: auth.MinPassword,
		App: factors.TOTPSince, Passkeys: len(passkeys), SecondFactor: v.User.SecondFactor(), Codes: factors.CodesLeft, OfCodes: auth.RecoveryCodeCount,
		Lacking: a.Accounts.LacksFactor(v.User), Problems: wrong,
		Signals: a.Passkeys.Signals(v.User).Accepting(passkeys),
	})
}

const securityPage = "/account/security"

// lastFactor is said where a second step cannot be removed, because the account must keep one.
const lastFactor = "Every account here needs a second step, and this is your last. Set up another one first."

// changeFactors makes one change of the second factors of the current user, under a token of its own. Recovery codes that
// come of it wait in the bag for the one page that shows them, so nothing is changed while the bag is unavailable. place is
// where the answer leads, write the email about it.
func (a *app) changeFactors(r *http.Request, place string, write func(to, name string, at time.Time, device string) mail.Email,
	change func(account.FactorChange) (account.FactorChanged, error)) (done account.FactorChanged, err error) {
	if a.Bag.Unavailable(r.Context()) {
		return done, statusError{code: http.StatusServiceUnavailable, heading: "We cannot do this at the moment",
			retryAfter: 30 * time.Second, cause: bag.ErrUnavailable,
			text: "The place from which we show recovery codes is out of reach, so nothing was changed. You stay signed in."}
	}
	v := currentOf(r)
	a.notify(r, v.User, write(v.User.Email, v.User.Name, time.Now(), a.senderOf(r)))
	err = a.rotate(r, place, false, func(next session.NewToken) (bag.Session, error) {
		done, err = change(account.FactorChange{
			Session: v.Session, Client: clientOf(r), User: v.User, NewToken: next,
		})
		return a.openedAs(v.Session), err
	})
	if err == nil {
		a.Bag.Pop(r.Context(), bagRecoveryCodes) // another change may have made them useless
	}
	if err == nil && len(done.Codes) > 0 {
		err = a.waitToBeKept(r, done.Codes)
	}
	return done, err
}

// afterEnrolment is where the answer to another second factor leads: the first one comes with recovery codes.
func afterEnrolment(u auth.User) string {
	if u.SecondFactor() {
		return securityPage
	}
	return recoveryCodesPage
}

// factorsChanged says what was done, and goes where the recovery codes are shown if there are any to show.
func (a *app) factorsChanged(w http.ResponseWriter, r *http.Request, done account.FactorChanged, sentence string) {
	if done.Ended > 0 {
		sentence += " Signed out " + count(done.Ended, "other session") + "."
	}
	a.flash(r, "%s", sentence)
	if len(done.Codes) > 0 {
		seeOther(w, r, recoveryCodesPage)
		return
	}
	seeOther(w, r, securityPage)
}
