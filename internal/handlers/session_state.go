package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// stateJSON is what a page's script is told of its session. Durations, never times of day: the clock of the browser
// may be wrong.
type stateJSON struct {
	State      string `json:"state"` // "active", "ended", or "reauth" when only a re-authentication helps
	SID        string `json:"sid,omitempty"`
	User       string `json:"user,omitempty"` // the public name of the account: a page compares it with its own
	IdleMS     int64  `json:"idle_ms,omitempty"`
	AbsoluteMS int64  `json:"absolute_ms,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Where      string `json:"where,omitempty"`
}

func active(s session.Session) stateJSON {
	now := time.Now()
	return stateJSON{
		State: "active", SID: s.ID, User: s.UserID,
		IdleMS: s.IdleExpiresAt.Sub(now).Milliseconds(), AbsoluteMS: s.ExpiresAt.Sub(now).Milliseconds(),
	}
}

func ended(reason session.Reason) stateJSON {
	if reason == "" {
		reason = "unknown"
	}
	return stateJSON{State: "ended", Reason: string(reason), Where: signedOutPage}
}

// sessionState looks at the session and changes nothing but the cookie of one that is over. Looking is not activity,
// so a page may ask as often as it likes. Browsers say where a request comes from; another site is told nothing.
func (a *app) sessionState(w http.ResponseWriter, r *http.Request) error {
	if !asksForItself(r) {
		_, _ = a.standing(r, true) // for the Sign out button of the page; without it the page is still right
		return statusError{code: http.StatusForbidden, heading: "This address is for scripts of this portal",
			text: "It tells a page how long its session lasts. There is nothing to see here."}
	}
	token, ok := a.Bag.Token(r)
	if !ok {
		if a.Bag.Presented(r) {
			a.Bag.Remove(w, "")
		}
		return answerJSON(w, ended(""))
	}
	found, err := a.resume(r, token, true)
	x := found.Session
	switch {
	case isStatus(err):
		return err
	case err != nil:
		return unavailable(err)
	case found.State == session.Live:
		exchangeOf(r).current = &current{Session: x, User: found.User}
		return answerJSON(w, active(x))
	case found.State == session.Rotated: // on its way when the token was replaced: the session is as alive as before
		return answerJSON(w, active(x))
	case found.State == session.Ended:
		a.Bag.Remove(w, x.ID)
		return answerJSON(w, ended(x.EndReason))
	}
	return answerJSON(w, ended("")) // may be the token of a visitor's bag, so the cookie stays
}

// asksForItself reports whether the request is a script's of this origin, as far as its browser says.
func asksForItself(r *http.Request) bool {
	site, dest := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Dest")
	return (site == "" || site == "same-origin") && (dest == "" || dest == "empty")
}

// extend counts as activity: "Stay signed in", pressed in a form or by a script.
func (a *app) extend(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	wantsJSON := wantsJSON(r)
	if v == nil {
		if wantsJSON {
			return answerJSON(w, ended(a.endReason(r)))
		}
		seeOther(w, r, signedOutPage)
		return nil
	}
	var next string
	if !wantsJSON {
		f, err := form(r, "next")
		if err != nil {
			return err
		}
		next = f["next"]
	}
	extended, err := a.Sessions.Extend(r.Context(), v.Session, clientOf(r))
	switch waits := "/reauth?" + (url.Values{"next": {a.destination(next)}}).Encode(); {
	case errors.Is(err, auth.ErrReauthRequired) && wantsJSON:
		return answerJSON(w, stateJSON{State: "reauth", Where: waits})
	case errors.Is(err, auth.ErrReauthRequired):
		seeOther(w, r, waits)
		return nil
	case errors.Is(err, auth.ErrEnded) && wantsJSON:
		return answerJSON(w, ended(""))
	}
	if err != nil {
		return err
	}
	if wantsJSON {
		return answerJSON(w, active(extended))
	}
	a.flash(r, "You stay signed in.")
	seeOther(w, r, a.destination(next))
	return nil
}

// endReason is why the session of this browser ended, "" when that is not known.
func (a *app) endReason(r *http.Request) session.Reason {
	s, err := a.Sessions.Ended(r.Context(), a.Bag.Ended(r.Context()))
	if err != nil {
		return ""
	}
	return s.EndReason
}

func answerJSON(w http.ResponseWriter, v stateJSON) error { return writeJSON(w, http.StatusOK, v) }
