package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/session"
)

type signInView struct {
	Layout
	Email, Next   string
	Unlock        string // token of an unlock email, carried by the form
	Remember      bool
	RememberText  string // limits of "keep me signed in"; "" when it is switched off
	IdleText      string
	LifetimeText  string
	HasDraft      bool // what was typed before is kept as a draft
	Confirmed     bool // the address was confirmed just now
	Again         bool // the sign-in before waited too long for its second step, or had too many wrong codes
	Reset         bool // the password was set with an email just now
	BasketLost    bool // this browser's bag is gone, on the way to the checkout
	CookieRefused bool // the browser did not send back the cookie of the sign-in before
	Ended         *endedView
	Demo          demoWays
	Passkey       passkeySignInView
	Problems      problems
}

func (*signInView) page() string { return "login.html" }

// showSignIn leads people who are signed in to the page that they wanted. Near the absolute limit of their session it shows
// the form, because only another sign-in gives them more time.
func (a *app) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := query(r, "next")
	if v := currentOf(r); v != nil && v.IdleExpiresAt.Before(v.ExpiresAt) {
		seeOther(w, r, a.destination(next))
		return nil
	}
	v := a.signInForm(r, next, query(r, "unlock"))
	v.Confirmed, v.Reset = query(r, "confirmed") == "yes", query(r, "reset") == "yes"
	v.CookieRefused = query(r, "cookie") == "refused"
	v.Again = query(r, "again") == "yes"
	v.BasketLost = a.basketLost(r) && a.destination(next) == checkoutPage
	if exchangeOf(r).answerLost {
		v.Ended = &answerLost
	} else if handle := a.Bag.Ended(r.Context()); handle != "" && !v.Confirmed && !v.Reset {
		ended, err := a.endedView(r, handle)
		if err != nil {
			return err
		}
		v.Ended = ended
	}
	ways, err := a.demoWays(r, next)
	if err != nil {
		return err
	}
	v.Demo = ways
	return a.render(w, r, http.StatusOK, v)
}

func (a *app) signInForm(r *http.Request, next, unlock string) *signInView {
	p := a.Sessions.Policy()
	v := &signInView{Next: next, Unlock: unlock, IdleText: words(p.Idle), LifetimeText: words(p.Lifetime), HasDraft: a.hasDraft(r, next)}
	v.Unwarned, v.Passkey = true, passkeySignInView{Next: next, Offer: true}
	if p.RememberOffered() {
		v.RememberText = words(p.Remember.Idle) + " without use, or " + words(p.Remember.Lifetime) + " in all"
	}
	return v
}

func (a *app) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "email", "password", "remember", "next", "unlock")
	if err != nil {
		return err
	}
	v := a.signInForm(r, f["next"], f["unlock"])
	v.Email, v.Remember = f["email"], f["remember"] != ""
	refuse := func(status int, text string) error {
		v.Problems = problems{{"", text}}
		return a.render(w, r, status, v)
	}
	typed := auth.PasswordSignIn{Email: f["email"], Password: f["password"], Unlock: f["unlock"]}
	proof, err := a.Auth.CheckSignIn(r.Context(), typed, clientOf(r))
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		tooMany(w, limited.Wait)
		text := tooManyAttempts(limited.Wait)
		if limited.Account != "" && a.offerUnlock(r, limited.Account, f["email"]) {
			text += " If you have an account here, the email we sent you shows a way in at once."
		}
		return refuse(http.StatusTooManyRequests, text)
	}
	if errors.Is(err, auth.ErrBadCredentials) {
		return refuse(http.StatusUnprocessableEntity, "That address and password do not match an account.")
	}
	if err != nil {
		return err
	}
	place := a.destination(f["next"])
	if proof.Complete() {
		if err = a.openSession(r, proof, session.SignInRequest{Remember: v.Remember}, place); err != nil {
			proof.GiveBack(r.Context())
		}
	} else {
		err = a.askSecondFactor(w, r, proof, v.Remember, place)
		place = verifyPage
	}
	if errors.Is(err, auth.ErrConflict) {
		return refuse(http.StatusUnprocessableEntity, "Your account was changed while you were signing in. Please sign in again.")
	}
	if err != nil {
		return err
	}
	seeOther(w, r, place)
	return nil
}

// openSession signs the person of the proof in under a token of its own (ASVS v5.0.0-7.2.4). The session that
// was open in this browser ends. The bag of a visitor is kept, and its basket moves to the account; the bag of another user is not. place is where the answer leads.
func (a *app) openSession(r *http.Request, proof auth.Proof, by session.SignInRequest, place string) error {
	by.Client = clientOf(r)
	if token, ok := a.Bag.Token(r); ok {
		by.ReplacedHash = auth.HashToken(token)
	}
	somebodyElse := false
	if before := currentOf(r); before != nil {
		by.Instead, somebodyElse = before.Session, before.UserID != proof.User().ID
	}
	err := a.rotate(r, place, somebodyElse, func(next session.NewToken) (bag.Session, error) {
		by.NewToken = next
		opened, err := a.Sessions.SignIn(r.Context(), proof, by)
		if err == nil {
			exchangeOf(r).current = &current{Session: opened.Session, User: proof.User()}
			a.notifyOfSignIn(r, proof.User(), opened)
		}
		return a.openedAs(opened.Session), err
	})
	if err == nil {
		a.moveBasket(r)
	}
	return err
}

// openedAs is what the cookie side needs to know of a session.
func (a *app) openedAs(s session.Session) bag.Session {
	opened := bag.Session{Expires: a.bagExpires(s)}
	if s.Remembered {
		opened.Persistent = s.ExpiresAt
	}
	return opened
}

// bagExpires is when the bag of a session ends unless the session is used. The touch interval is added because use within
// it is not always written.
func (a *app) bagExpires(s session.Session) time.Time {
	return s.IdleExpiresAt.Add(a.Sessions.Policy().Touch)
}
