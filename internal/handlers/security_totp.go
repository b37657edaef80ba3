package handlers

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
)

// totpView sets up an authenticator app, or shows the one there is.
type totpView struct {
	Layout
	Since    time.Time    // when one was enrolled; zero for none
	Secret   string       // that waits for its first code, in groups; "" when none does
	URI      template.URL // the same for an app on this device
	Picture  picture
	Until    time.Time // how long it waits
	Others   int       // sessions that a change ends
	Keep     bool      // it cannot be removed, because it is the last and one is needed
	First    bool      // recovery codes come with it
	Problems problems
}

func (*totpView) page() string { return "totp.html" }

// A picture is a QR code as a path of squares, with the margin that readers need.
type picture struct {
	Side int // of the whole, in modules
	Path string
}

const quiet = 4 // modules of white around the code

func draw(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return picture{}, err
	}
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return picture{code.Size + 2*quiet, path.String()}, nil
}

func (a *app) showTOTP(w http.ResponseWriter, r *http.Request) error {
	return a.totpForm(w, r, http.StatusOK)
}

func (a *app) totpForm(w http.ResponseWriter, r *http.Request, status int, wrong ...problem) error {
	v := currentOf(r)
	factors, err := a.Accounts.Factors(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	without := v.User
	without.TOTP = false
	view := &totpView{
		Since: factors.TOTPSince, Others: len(others),
		Keep: a.Accounts.LacksFactor(without), First: !v.User.SecondFactor(), Problems: wrong,
	}
	secret, err := a.Accounts.PendingTOTP(r.Context(), actor(r), brand.Name, v.User.Email)
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, status, view)
	}
	if err != nil {
		return err
	}
	view.Secret, view.Until, view.URI = secret.Text, secret.ExpiresAt, template.URL(secret.URI) //nolint:gosec // made by auth, and escaped
	if view.Picture, err = draw(secret.URI); err != nil {
		return err
	}
	return a.render(w, r, status, view)
}

// setTOTP begins to set up an app when nothing waits for its first code, and finishes with that code. A page that was
// open for too long begins again rather than say so and stop.
func (a *app) setTOTP(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "code", "begin")
	if err != nil {
		return err
	}
	v := currentOf(r)
	if f["begin"] != "" {
		return a.beginTOTP(w, r)
	}
	if auth.TypedCode(f["code"]) == "" {
		return a.totpForm(w, r, http.StatusUnprocessableEntity, problem{"code", "Enter the code that your app shows."})
	}
	if _, err := a.Accounts.PendingTOTP(r.Context(), actor(r), brand.Name, v.User.Email); errors.Is(err, audit.ErrNotFound) {
		a.flash(r, "That took too long, so this is another secret. Please add it to your app in place of the one before.")
		return a.beginTOTP(w, r)
	}
	done, err := a.changeFactors(r, afterEnrolment(v.User), a.emails.FactorEnrolled, func(c account.FactorChange) (account.FactorChanged, error) {
		return a.Accounts.ConfirmTOTP(r.Context(), c, f["code"])
	})
	if errors.Is(err, auth.ErrBadCode) {
		return a.totpForm(w, r, http.StatusUnprocessableEntity,
			problem{"code", "That is not the code for this secret. Codes change every 30 seconds; if it stays wrong, look at the clock of your device."})
	}
	if err != nil {
		return err
	}
	a.factorsChanged(w, r, done, "Your authenticator app is set up.")
	return nil
}

func (a *app) beginTOTP(w http.ResponseWriter, r *http.Request) error {
	if err := a.Accounts.BeginTOTP(r.Context(), actor(r)); err != nil {
		return err
	}
	seeOther(w, r, "/account/security/totp")
	return nil
}

func (a *app) removeTOTP(w http.ResponseWriter, r *http.Request) error {
	if !currentOf(r).User.TOTP {
		a.flash(r, "There is no authenticator app to remove.")
		seeOther(w, r, securityPage)
		return nil
	}
	done, err := a.changeFactors(r, securityPage, a.emails.FactorRemoved, func(c account.FactorChange) (account.FactorChanged, error) {
		return a.Accounts.RemoveTOTP(r.Context(), c)
	})
	if errors.Is(err, auth.ErrLastFactor) {
		return a.showSecurity(w, r, http.StatusUnprocessableEntity, problem{"", lastFactor})
	}
	if err != nil {
		return err
	}
	a.factorsChanged(w, r, done, "Your authenticator app was removed.")
	return nil
}
