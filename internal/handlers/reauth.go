package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/session"
)

type reauthView struct {
	Layout
	Next       string
	Cancel     string    // where to go instead
	Changed    string    // why the session needs it, "This session was used from another network."; "" when it does not
	Purpose    string    // what the person was about to do, "Sign out Firefox on Windows"; "" for nothing
	DraftUntil time.Time // until when what was typed is kept; zero when nothing is
	WindowText string    // "15 minutes"
	Identity   identityView
}

func (*reauthView) page() string { return "reauth.html" }

// reauthPage is the address of the re-authentication that leads on to next.
func reauthPage(next string) string { return "/reauth?" + url.Values{"next": {next}}.Encode() }

func (a *app) showReauth(w http.ResponseWriter, r *http.Request) error {
	next := a.destination(query(r, "next"))
	if currentOf(r).Elevated(time.Now()) {
		seeOther(w, r, next)
		return nil
	}
	return a.showReauthForm(w, r, http.StatusOK, next, nil)
}

func (a *app) showReauthForm(w http.ResponseWriter, r *http.Request, status int, next string, wrong problems) error {
	purpose, cancel := a.whatFor(r, next)
	v := &reauthView{
		Next: next, Cancel: cancel, Purpose: purpose, WindowText: words(a.Sessions.Policy().Elevation),
		Identity: identityForm(r, "", wrong),
	}
	if s := currentOf(r).Session; a.Sessions.Policy().NeedsReauth(s) {
		v.Changed = usedFrom(s.FlagClient)
	}
	late, f, err := a.draftFor(r.Context(), currentOf(r), next)
	if err == nil {
		v.Purpose, v.DraftUntil, v.Cancel = late.purpose, f.ExpiresAt, late.cancel
	} else if !errors.Is(err, draft.ErrNotFound) {
		return err
	}
	return a.render(w, r, status, v)
}

// confirmations say what a confirmation is for, by the beginning of the page that it leads to, and where "Cancel" leads: to the
// page that was left. Without one that is the page itself, which asks for nothing.
var confirmations = []struct{ under, purpose, cancel string }{
	{csvPath, "Download your activity", activityPage},
	{activityPage + "/", "Say whether it was you", ""},
	{securityPage + "/totp", "Change how you sign in", securityPage},
	{recoveryCodesPage, "Change how you sign in", securityPage},
	{securityPage + "/", "Change how you sign in", ""},
	{securePage, "Secure your account", ""},
	{"/account/session/", "Look inside your session", ""},
	{sessionsPage, "Go on with your devices", ""},
	{"/account/email", "Change your address", "/account/profile"},
	{exportPath, "Download your data", ""},
	{deletePage, "Delete your account", ""},
	{"/billing/payment-method", "Choose how you pay", "/billing"},
	{"/billing/checkout", "Pay for your plan", ""},
	{"/billing", "Go on with your plan and payments", ""},
	{"/plans", "Go on with the plans", ""},
	{"/admin", "Go to the administration", home},
	{"", "Go on with your account", home},
}

// whatFor names what the person was about to do, so that they see what they confirm, and where to go instead. A flagged session
// may be a thief's, so no device of the owner is named there.
func (a *app) whatFor(r *http.Request, next string) (purpose, cancel string) {
	u, err := url.Parse(next)
	if err != nil { // next is a page of ours
		return "", home
	}
	for _, c := range confirmations {
		if strings.HasPrefix(u.Path+"/", c.under) {
			purpose, cancel = c.purpose, cmp.Or(c.cancel, next)
			break
		}
	}
	if handle := a.sessionIn(u.Path); handle != "" && !a.Sessions.Policy().NeedsReauth(currentOf(r).Session) {
		return a.whatForSession(r, u.Path, handle, purpose, cancel)
	}
	return purpose, cancel
}

// sessionIn is the handle in the address of a page about one session.
func (a *app) sessionIn(path string) string {
	route := chi.NewRouteContext()
	a.routes.Match(route, http.MethodGet, path)
	return route.URLParam("handle")
}

// whatForSession names the device of the session, if it is one of the person's.
func (a *app) whatForSession(r *http.Request, path, handle, purpose, cancel string) (string, string) {
	s, err := a.Sessions.Session(r.Context(), currentOf(r).UserID, handle)
	switch name := device.Parse(s.UserAgent).Name; {
	case err != nil:
		return purpose, cancel
	case strings.HasSuffix(path, "/recognise"):
		return "Say whether it was you, on " + name, cancel
	default:
		return "Sign out " + name, sessionsPage
	}
}

// reauth asks again who it is, swaps the token and opens the elevation window (ASVS v5.0.0-7.2.4, 7.5.1).
func (a *app) reauth(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, append([]string{"next"}, identityFields...)...)
	if err != nil {
		return err
	}
	next := a.destination(f["next"])
	wrong, status, err := a.reauthenticate(w, r, f, next)
	if err != nil {
		return err
	}
	if wrong != nil {
		return a.showReauthForm(w, r, status, next, wrong)
	}
	seeOther(w, r, next)
	return nil
}

// reauthenticate elevates the session of the request if the form shows that its owner sent it. Otherwise it returns what
// to tell the person, and under which status. place is where the answer leads.
func (a *app) reauthenticate(w http.ResponseWriter, r *http.Request, f map[string]string, place string) (wrong problems, status int, err error) {
	proof, wrong, status, err := a.identify(w, r, f, audit.ReauthFail)
	if err != nil || wrong != nil {
		return wrong, status, err
	}
	v := currentOf(r)
	err = a.rotate(r, place, false, func(next session.NewToken) (bag.Session, error) {
		elevation, err := a.Sessions.Elevation(v.Session, proof, next, clientOf(r))
		if err == nil {
			err = a.Sessions.Elevate(r.Context(), elevation)
		}
		if err != nil {
			return bag.Session{}, err
		}
		v.Session = elevation.Now
		return a.openedAs(v.Session), nil
	})
	if err == nil {
		a.reportRecoveryCode(r, proof)
	}
	return nil, 0, err
}
