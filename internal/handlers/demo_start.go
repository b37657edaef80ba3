package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/guard"
)

// bagDemoPassword holds the password of a demo account, to be shown to its owner. Elsewhere it is in
// the links of the demo alone, sealed.
const bagDemoPassword = "demo.password"

// A demoView is what every page tells the owner of a demo account.
type demoView struct {
	Until    time.Time
	Password string // "" when it was changed, or is not at hand
	Changed  bool   // the owner has chosen another
}

func (a *app) demoView(r *http.Request, u auth.User) *demoView {
	switch {
	case !u.IsDemo():
		return nil
	case !u.HasDemoPassword():
		return &demoView{Until: u.DemoUntil, Changed: true}
	}
	return &demoView{Until: u.DemoUntil, Password: a.Bag.Get(r.Context(), bagDemoPassword)}
}

// startDemo makes an account for this person alone and signs them in, as signIn does.
func (a *app) startDemo(w http.ResponseWriter, r *http.Request) error {
	try, wait := a.Guard.FromNetwork(r.Context(), guard.Demos, clientOf(r))
	if wait > 0 {
		return limitError(wait, "That is a lot of demos",
			"Many demos were started from your network. Please try again in "+wordsOfWait(wait)+". A demo that is open goes on.")
	}
	proof, password, err := a.Demos.NewDemo(r.Context(), clientOf(r))
	if err != nil {
		try.Return(r.Context())
	}
	if errors.Is(err, auth.ErrDemoFull) {
		return a.demoFull(w, r)
	}
	if err != nil {
		return err
	}
	err = a.openDemo(w, r, proof, password, home)
	if errors.Is(err, auth.ErrConflict) { // the same press opened another demo, on another instance
		try.Return(r.Context())
		return errors.Join(err, a.Demos.Discard(r.Context(), proof.User()))
	}
	if err != nil {
		return err
	}
	seeOther(w, r, home)
	return nil
}

// demoFull is an answer and no fault: there is nothing in the log that a reference would lead to.
func (a *app) demoFull(w http.ResponseWriter, r *http.Request) error {
	a.Guard.Report(r.Context(), "demo full", "", clientOf(r))
	tooMany(w, 10*time.Minute)
	return a.render(w, r, http.StatusServiceUnavailable, &errorView{Status: http.StatusServiceUnavailable, Heading: "The demo is full",
		Text: "More people are trying " + brand.Name + " than there is room for. Each demo makes room after two hours, so please come back in a while."})
}
