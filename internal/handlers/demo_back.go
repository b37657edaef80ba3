package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/session"
)

// The way back to a demo has a cookie of its own, which only the answer that opens a session of a demo account sets. So a copied
// cookie of the session does not come back once its owner has signed out. It works once, when that session has timed out or
// signed itself out, and not after it was ended from elsewhere or the password was changed.

// A demoWays are what a browser is offered after the end of a demo session.
type demoWays struct {
	Back bool // to the same demo
	New  bool
	Next string // where the way back leads
	Main bool   // there is nothing better to do on that page
}

// A wayBack is the token of a way back, and when its demo is over: in the context, for the stored answer of the press that opens it.
type (
	wayBack struct {
		token string
		until time.Time
	}
	backKey struct{}
)

// openDemo opens a session of a demo account with its way back, whose token the answer to a repeated press has as well. Its pages
// show the password that was made with the account. Without the link there is another demo to begin.
func (a *app) openDemo(w http.ResponseWriter, r *http.Request, proof auth.Proof, password, place string) error {
	back := wayBack{auth.NewToken(), proof.User().DemoUntil}
	r = r.WithContext(context.WithValue(r.Context(), backKey{}, back))
	if err := a.openSession(r, proof, session.SignInRequest{}, place); err != nil {
		return err
	}
	if password != "" {
		a.Bag.Put(r.Context(), bagDemoPassword, password)
	}
	v := currentOf(r)
	if err := a.Demos.WayBack(r.Context(), back.token, v.Session, v.User, password); err != nil {
		a.Log.WarnContext(r.Context(), "no way back to a demo", "session", v.ID, "err", err)
		return nil
	}
	a.setWayBack(w, back.token, back.until)
	return nil
}

// setWayBack sets the cookie of the way back to a demo.
func (a *app) setWayBack(w http.ResponseWriter, token string, until time.Time) {
	c := a.Bag.Cookie() // with its attributes
	c.Name, c.Value, c.MaxAge = brand.Cookie(brand.BackCookie, c.Secure), token, int(time.Until(until).Seconds())
	http.SetCookie(w, &c)
}

// demoWays says what to offer whoever had a demo in this browser.
func (a *app) demoWays(r *http.Request, next string) (ways demoWays, err error) {
	token := a.Bag.OneTime(r, brand.BackCookie)
	if token == "" || !a.Demo {
		return demoWays{}, nil
	}
	_, _, err = a.Auth.CheckDemoLink(r.Context(), token, auth.PurposeBack)
	switch {
	case err == nil:
		return demoWays{Back: true, Next: next}, nil
	case errors.Is(err, audit.ErrNotFound) || errors.Is(err, auth.ErrLinkOver):
		return demoWays{New: true}, nil
	}
	return demoWays{}, err
}

// goBack opens the demo again that this browser was signed in to.
func (a *app) goBack(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "next")
	if err != nil {
		return err
	}
	place := a.destination(f["next"])
	if currentOf(r) != nil {
		seeOther(w, r, place)
		return nil
	}
	proof, link, err := a.Auth.CheckDemoLink(r.Context(), a.Bag.OneTime(r, brand.BackCookie), auth.PurposeBack)
	if err == nil {
		err = a.openDemo(w, r, proof, link.Password, place)
	}
	switch {
	case errors.Is(err, audit.ErrNotFound):
		return backOver(http.StatusNotFound)
	case errors.Is(err, auth.ErrLinkOver) || errors.Is(err, auth.ErrConflict):
		return backOver(http.StatusGone)
	case err != nil:
		return err
	}
	a.flash(r, "You are back in your demo, in another session.")
	seeOther(w, r, place)
	return nil
}

func backOver(status int) error {
	return statusError{code: status, heading: "No way back to that demo", text: "It is over, or the way back was used, or the session was ended from another " +
		"device or by another password. Nothing was changed.", next: wayOn{"/", "Start another demo"}}
}
