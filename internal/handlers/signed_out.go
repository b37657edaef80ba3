package handlers

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// endedView says why a session is over.
type endedView struct {
	Reason   string // idle, absolute, signed_out, revoked, password_changed, admin, replaced, client_changed, account_disabled, account_deleted, unclaimed, unknown
	Heading  string
	Text     template.HTML
	At       time.Time // zero when unknown
	Worrying bool      // somebody else may have done it: say what to do
	Locked   bool      // and then the password of its owner opens nothing any more
	Demo     bool      // the account is deleted, so there is nothing to sign in to
	With     []string  // the devices that were signed out with it, by pressing here
}

type signedOutView struct {
	Layout
	Ended endedView
	Demo  demoWays
}

func (*signedOutView) page() string { return "signed-out.html" }

// signedOutPage explains to a browser why its session ended.
const signedOutPage = "/signed-out"

func (a *app) signedOut(w http.ResponseWriter, r *http.Request) error {
	next := a.destination(query(r, "next"))
	if currentOf(r) != nil || exchangeOf(r).answerLost {
		seeOther(w, r, next)
		return nil
	}
	ended, err := a.endedView(r, a.Bag.Ended(r.Context()))
	if err != nil {
		return err
	}
	if ended == nil {
		ended = &endedView{Reason: "unknown", Heading: "You are signed out", Text: "Nobody is signed in with this browser. You can close this window."}
	}
	ways, err := a.demoWays(r, home)
	if err != nil {
		return err
	}
	ways.Main = true
	v := &signedOutView{Ended: *ended, Demo: ways}
	if next != home {
		v.Path = next
	}
	return a.render(w, r, http.StatusOK, v)
}

// endedFrom names the devices of other sessions that were ended from one at a time: by pressing there to end several.
func (a *app) endedFrom(r *http.Request, userID, by string, at time.Time) (devices []string, err error) {
	_, ended, err := a.Sessions.RecentSessions(r.Context(), userID)
	for _, s := range ended {
		if s.EndedBy == by && s.ID != by && s.EndedAt.Equal(at) {
			devices = append(devices, device.Parse(s.UserAgent).Name)
		}
	}
	return devices, err
}

// answerLost is for a browser that did not get the answer to a press, and with it not its next cookie.
var answerLost = endedView{
	Reason: string(session.ReasonUnclaimed), Heading: "Please sign in again",
	Text: "The last answer did not reach this browser, so it cannot go on with its session. What you pressed may be done: look before you repeat it.",
}

// endedView says why the session with that handle is over, from its row; nil when nothing is known of it.
func (a *app) endedView(r *http.Request, handle string) (*endedView, error) {
	s, err := a.Sessions.Ended(r.Context(), handle)
	if errors.Is(err, audit.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	by := "another device"
	if s.EndedBy != "" && s.EndedBy != s.ID {
		if other, err := a.Sessions.Session(r.Context(), s.UserID, s.EndedBy); err == nil {
			by = device.Parse(other.UserAgent).Name
		}
	}
	v := &endedView{Reason: string(s.EndReason), At: s.EndedAt}
	if s.EndReason == session.ReasonSignedOut {
		if v.With, err = a.endedFrom(r, s.UserID, s.ID, s.EndedAt); err != nil {
			return nil, err
		}
	}
	a.explain(v, s, by)
	demoOver, err := a.Demos.EndedWithDemo(r.Context(), s)
	if demoOver {
		v.Demo = true
		v.Heading = "The demo is over"
		v.Text = sentence("It lasted %s. The account and everything in it are deleted. You can start another on our start page.", words(auth.DemoLife))
	}
	return v, err
}

// explain writes what people read about an ending: what happened, and what to do when it was not them.
func (a *app) explain(v *endedView, s session.Session, by string) {
	const forSecurity = "For your security, we signed you out"
	at := moment("end", s.EndedAt)
	switch s.EndReason {
	case session.ReasonIdle:
		v.Heading = forSecurity
		v.Text = sentence("You did not use %s for %s, so the session ended at %s.", brand.Name, words(a.Sessions.Policy().For(s.Remembered).Idle), at)
	case session.ReasonAbsolute:
		v.Heading = "Time to sign in again"
		v.Text = sentence("Sessions last at most %s. Yours began at %s and ended at %s.",
			words(s.ExpiresAt.Sub(s.CreatedAt).Round(time.Second)), moment("end", s.CreatedAt), at)
	case session.ReasonSignedOut:
		v.Heading = "You are signed out"
		v.Text = sentence("%s was signed out at %s. You can close this window.", device.Parse(s.UserAgent).Name, at)
	case session.ReasonRevoked:
		v.Heading, v.Worrying = "This device was signed out", true
		v.Text = sentence("Somebody using your account on %s signed this device out at %s.", by, at)
		if s.EndedBy == "" {
			v.Text = sentence("Somebody used the link of an email about your account to sign out every device at %s.", at)
		}
	case session.ReasonPasswordChanged:
		v.Heading, v.Worrying, v.Locked = "Your password was changed", true, true
		v.Text = sentence("It was changed on %s at %s, and all other devices were signed out.", by, at)
		if s.EndedBy == "" {
			v.Text = sentence("It was set with the link of an email at %s, and every device was signed out.", at)
		}
	case session.ReasonUnclaimed:
		*v = answerLost
		v.At = s.EndedAt
		if s.EndedBy != "" { // by the sign-in that followed
			break
		}
		v.Text = sentence("This browser opened no page for %s after it was given the session, which ended at %s.", words(session.ClaimWithin), at)
	case session.ReasonReplaced:
		v.Heading, v.Worrying = "Another sign-in took this place", true
		v.Text = sentence("An account can be signed in on %s at once. The oldest, this one, ended at %s.",
			count(a.Sessions.Policy().SessionsPerUser, "device"), at)
	case session.ReasonClientChanged:
		v.Heading, v.Worrying = "This session was used from somewhere else", true
		v.Text = sentence("It was used from another browser or another network than before. To be safe, we ended it at %s. "+
			"If you have changed networks, sign in again and go on.", at)
	case session.ReasonAdmin:
		v.Heading = "An administrator ended this session"
		v.Text = sentence("It ended at %s. The people who run this portal can tell you why.", at)
	case session.ReasonAccountDisabled:
		v.Heading = "This account is switched off"
		v.Text = sentence("Its sessions ended at %s. The people who run this portal can tell you why.", at)
	case session.ReasonAccountDeleted:
		v.Heading = "This account is to be deleted"
		v.Text = sentence("Its owner asked for that at %s, and all its sessions ended. Until it is deleted, signing in offers to keep it.", at)
	}
}

// sentence is a text with times in it: whatever else is put into it is escaped.
func sentence(format string, args ...any) template.HTML {
	for i, arg := range args {
		if _, written := arg.(template.HTML); !written {
			args[i] = template.HTMLEscaper(arg)
		}
	}
	return template.HTML(fmt.Sprintf(format, args...)) //nolint:gosec // escaped above
}

// why says in a few words how a session ended, for lists.
func why(s session.Session) string {
	switch s.EndReason {
	case session.ReasonIdle:
		return "Not used for too long"
	case session.ReasonAbsolute:
		return "Reached its absolute limit"
	case session.ReasonSignedOut:
		return "Signed out there"
	case session.ReasonRevoked:
		return "Signed out from another device"
	case session.ReasonPasswordChanged:
		return "Ended by a password change"
	case session.ReasonUnclaimed:
		return "Its browser never got the answer"
	case session.ReasonReplaced:
		return "Replaced by a newer sign-in"
	case session.ReasonClientChanged:
		return "Used from another browser or network"
	case session.ReasonAdmin:
		return "Ended by an administrator"
	}
	return "Ended with the account"
}
