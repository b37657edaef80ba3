package handlers

import (
	"net/http"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/demo"
)

// inspectorView is the current session, field by field.
type inspectorView struct {
	Layout
	Session        sessionCard
	Cookie         []fact // attributes as browsers get them
	Name           string // of the cookie
	Hash           string // the beginning of what is stored of the token
	RotatedAt      time.Time
	Rotated        string // why: "because you signed in"; "" when the trail does not say
	Idle           clockView
	Lifetime       clockView
	Confirmed      time.Time // when the person re-authenticated; zero when that no longer counts
	Window         string    // how long a re-authentication counts
	IPNow          string    // of this request, on record or not; of a demo only its network
	IPThen         string    // at sign-in
	Row            []column  // of the sessions table
	Timeline       timelineView
	Before         string // the beginning of the hash of the token before this one, "" for none
	Reauthed       bool   // this token was made by a confirmation
	Bag            []bagEntry
	BagUnavailable bool
}

func (*inspectorView) page() string { return "inspector.html" }

// A fact is one field and what it is for.
type fact struct{ Name, Text string }

// A clockView is a limit of a session.
type clockView struct {
	Left, Limit string // "29 minutes 10 seconds", "30 minutes"
	Ends        time.Time
}

// A bagEntry is a value of the bag, by its name and size: what it says stays out of pages.
type bagEntry struct {
	Name  string
	Bytes int
}

func (a *app) bagEntries(r *http.Request) (entries []bagEntry) {
	for _, name := range a.Bag.Keys(r.Context()) {
		entries = append(entries, bagEntry{name, len(a.Bag.Get(r.Context(), name))})
	}
	return entries
}

// inspect shows somebody their own session. Neither the token nor its whole hash is among it.
func (a *app) inspect(w http.ResponseWriter, r *http.Request) error {
	v, p := currentOf(r), a.Sessions.Policy()
	rotated, err := a.whyRotated(r)
	if err != nil {
		return err
	}
	row, err := a.sessionRow(r)
	if err != nil {
		return err
	}
	cookie := a.Bag.Cookie()
	if v.Remembered {
		cookie.Expires = bag.CookieExpires(v.ExpiresAt)
	}
	view := &inspectorView{
		Session: a.sessionCard(v.Session, v.ID), Name: cookie.Name, Cookie: cookieFacts(cookie),
		Hash: valueIn(row, "token_hash"), Before: valueIn(row, "prev_token_hash"), RotatedAt: v.RotatedAt, Rotated: rotated,
		Idle: clockOf(v.IdleExpiresAt, p.For(v.Remembered).Idle), Lifetime: clockOf(v.ExpiresAt, v.ExpiresAt.Sub(v.CreatedAt)),
		Window: words(p.Elevation), IPNow: v.User.Recorded(clientOf(r)).IP, IPThen: v.IP, Row: row, Timeline: timelineOf(v.Session), Bag: a.bagEntries(r), BagUnavailable: a.Bag.Unavailable(r.Context()),
	}
	if v.Elevated(time.Now()) {
		view.Confirmed = v.ElevatedUntil.Add(-p.Elevation)
	}
	// Who confirms in the moment of signing in has both events at one time.
	view.Reauthed = rotated == confirmedIt || rotated == signedIt && !view.Confirmed.IsZero() && view.Before != ""
	return a.render(w, r, http.StatusOK, view)
}

func clockOf(ends time.Time, limit time.Duration) clockView {
	return clockView{Left: words(time.Until(ends).Truncate(time.Second)), Limit: words(limit.Round(time.Second)), Ends: ends}
}

const (
	signedIt    = "because you signed in"
	confirmedIt = "because you confirmed that it is you"
)

// whyRotated reads from the trail what made the token that the browser carries now.
func (a *app) whyRotated(r *http.Request) (string, error) {
	v := currentOf(r)
	events, err := a.Audit.Events(r.Context(), v.UserID, audit.Filter{
		Session: v.ID, Kinds: []audit.Kind{audit.SessionCreated, audit.SessionRenewed}, Limit: 1,
	})
	if err != nil || len(events) == 0 {
		return "", err
	}
	switch e := events[0]; {
	case e.Kind == audit.SessionCreated:
		return signedIt, nil
	case e.Reason == "reauthentication":
		return confirmedIt, nil
	case e.Reason == "password_changed":
		return "because you changed your password", nil
	case e.Reason == "factors_changed":
		return "because you changed how you sign in", nil
	case e.Reason == demo.ReasonScene:
		return "because a scene of the demo began", nil
	case e.Reason == "email_changed":
		return "because you changed your address", nil
	}
	return "because of a change to your account", nil
}

// cookieFacts explains each attribute that is set, in the words of the header, and those whose absence matters.
func cookieFacts(c http.Cookie) []fact {
	why := map[string]string{
		"Secure":   "Sent over https alone. Browsers make an exception for localhost.",
		"HttpOnly": "No script can read it, ours included.",
		"SameSite": "Other sites can link here, but a form or a script of theirs goes without it.",
		"Path":     "For every page of this portal.",
		"Domain":   "For subdomains as well.",
		"Expires":  "You chose to stay signed in. The date is a courtesy: the server keeps its own.",
	}
	c.Value = "x" // http.Cookie writes none without a value
	var facts []fact
	set := map[string]bool{}
	for _, part := range strings.Split(c.String(), "; ")[1:] {
		name, _, _ := strings.Cut(part, "=")
		set[name] = true
		facts = append(facts, fact{part, why[name]})
	}
	for _, one := range []fact{
		{"Secure", "This portal was started for browsers that refuse secure cookies on http."},
		{"Domain", "This host alone, no other name of the same site."},
		{"Expires", "It goes when the browser closes."},
	} {
		if !set[one.Name] {
			facts = append(facts, fact{"no " + one.Name, one.Text})
		}
	}
	return facts
}
