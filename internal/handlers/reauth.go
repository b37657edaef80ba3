package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/held"
	"example.com/gatehouse/internal/session"
)

func (a *app) showReauth(w http.ResponseWriter, r *http.Request) error {
	next := a.destination(query(r, "next"))
	if visitorOf(r).Elevated(time.Now()) {
		seeOther(w, r, next)
		return nil
	}
	return a.showReauthForm(w, r, http.StatusOK, next, nil)
}

func (a *app) showReauthForm(w http.ResponseWriter, r *http.Request, status int, next string, wrong problems) error {
	v := &reauthView{
		Next: next, Cancel: home, Waiting: a.waiting(r, next), WindowText: words(a.Auth.Policy().Elevation), Problems: wrong,
	}
	if s := visitorOf(r).Session; a.Auth.Policy().Waits(s) {
		v.Changed = usedFrom(s.FlagClient)
	}
	route, f, err := a.heldBy(r.Context(), visitorOf(r), next)
	if err == nil {
		v.Waiting, v.KeptUntil, v.Cancel = route.waiting, f.ExpiresAt, route.cancel
	} else if !errors.Is(err, held.ErrNotFound) {
		return err
	}
	return a.render(w, r, status, v)
}

// waiting names what the person was about to do, so that they see what they confirm. In a session that was used from
// elsewhere that person may be a thief, who is told of no device of the owner's.
func (a *app) waiting(r *http.Request, next string) string {
	u, err := url.Parse(next)
	if err == nil && u.Path == csvPath {
		return "Download your activity"
	}
	if err != nil || !strings.HasSuffix(u.Path, "/end") || a.Auth.Policy().Waits(visitorOf(r).Session) {
		return ""
	}
	route := chi.NewRouteContext()
	a.routes.Match(route, http.MethodGet, u.Path)
	s, err := a.Auth.Session(r.Context(), visitorOf(r).UserID, route.URLParam("handle"))
	if err != nil {
		return ""
	}
	return "Sign out " + deviceOf(s.UserAgent).Name
}

// reauth asks for the password again, swaps the token and opens the elevation window (ASVS v5.0.0-7.2.4, 7.5.1).
func (a *app) reauth(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "password", "next")
	if err != nil {
		return err
	}
	next := a.destination(f["next"])
	wrong, status, err := a.reauthenticate(w, r, f["password"])
	if err != nil {
		return err
	}
	if wrong != "" {
		return a.showReauthForm(w, r, status, next, problems{{"password", wrong}})
	}
	seeOther(w, r, next)
	return nil
}

// reauthenticate elevates the session of the request if the password is right. Otherwise it returns what to tell the
// person, and under which status.
func (a *app) reauthenticate(w http.ResponseWriter, r *http.Request, password string) (wrong string, status int, err error) {
	proof, wrong, status, err := a.checkPassword(w, r, password, auth.ReauthFail)
	if err != nil || wrong != "" {
		return wrong, status, err
	}
	v := visitorOf(r)
	return "", 0, a.Sessions.Rotate(r.Context(), false, func(tokenHash string) (session.Opened, error) {
		elevated, err := a.Auth.Elevate(r.Context(), v.Session, proof, tokenHash, clientOf(r))
		if err != nil {
			return session.Opened{}, err
		}
		v.Session = elevated
		return openedAs(elevated), nil
	})
}

const enterPassword = "Enter your password."

// checkPassword checks the password of the person signed in, within the limits of this session: guessing inside a
// stolen session must not be faster than outside, and must not lock the owner's other devices.
func (a *app) checkPassword(w http.ResponseWriter, r *http.Request, password string, failure auth.Kind) (p auth.Proof, wrong string, status int, err error) {
	v, key := visitorOf(r), "session:"+visitorOf(r).ID
	if password == "" {
		return p, enterPassword, http.StatusUnprocessableEntity, nil
	}
	if wait := a.Attempts.Take(r.Context(), key, perSession); wait > 0 {
		a.Auth.Report(r.Context(), auth.RateLimitExceeded, v.UserID, v.ID, "password", clientOf(r))
		tooMany(w, wait)
		return p, "There were too many attempts. Please try again in " + words(wait) + ".", http.StatusTooManyRequests, nil
	}
	p, err = a.Auth.CheckPassword(r.Context(), v.Session, password, failure, clientOf(r))
	if errors.Is(err, auth.ErrBadCredentials) {
		return p, "That is not your password.", http.StatusUnprocessableEntity, nil
	}
	if err == nil {
		a.Attempts.Reset(r.Context(), key)
	}
	return p, "", 0, err
}
