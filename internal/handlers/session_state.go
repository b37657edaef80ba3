package handlers

import (
	"cmp"
	"net/http"
	"time"

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
	Flagged    bool   `json:"flagged,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Where      string `json:"where,omitempty"`
}

func active(s session.Session) stateJSON {
	now := time.Now()
	return stateJSON{
		State: "active", SID: s.ID, User: s.UserID,
		IdleMS: s.IdleExpiresAt.Sub(now).Milliseconds(), AbsoluteMS: s.ExpiresAt.Sub(now).Milliseconds(), Flagged: needsAnswer(s),
	}
}

func ended(reason session.Reason) stateJSON {
	return stateJSON{State: "ended", Reason: string(cmp.Or(reason, "unknown")), Where: signedOutPage}
}

// sessionState looks at the session and changes nothing but the cookie of one that is over. Looking is not activity,
// so a page may ask as often as it likes. Browsers say where a request comes from; another site is told nothing.
func (a *app) sessionState(w http.ResponseWriter, r *http.Request) error {
	token, found, err := a.resumeForScript(r)
	if err != nil {
		return err
	}
	switch found.State {
	case session.Live, session.Rotated, session.Unclaimed: // a token that was replaced on its way: the session is as alive as before
		return answerJSON(w, active(found.Session))
	case session.Ended:
		a.Bag.Remove(w, found.Session.ID)
		return answerJSON(w, ended(found.Session.EndReason))
	}
	if token == "" && a.Bag.HasCookie(r) {
		a.Bag.Remove(w, "")
	}
	return answerJSON(w, ended("")) // the token may be that of a visitor's bag, so the cookie stays
}

func answerJSON(w http.ResponseWriter, v stateJSON) error { return writeJSON(w, http.StatusOK, v) }
