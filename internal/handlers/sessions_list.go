package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// A sessionCard shows one live session.
type sessionCard struct {
	Handle     string
	Act        string // of the form that ends it
	Current    bool
	Icon       string // monitor, smartphone, laptop, terminal or globe
	Device     string // "Firefox on Windows", from an allow-list of names
	Agent      string // the User-Agent header, cleaned: text written by the client
	Flag       string // why it is flagged, "" when it is not
	Asks       bool   // the flag needs an answer; otherwise it is good to know
	Remembered bool   // "keep me signed in" was chosen
	LastSeen   time.Time
	ActiveNow  bool
	Unclaimed  bool // its browser has opened no page yet
	SignedIn   time.Time
	Method     string // "password"
	IP         string // address of the latest request
	SignedInIP string // address at sign-in when it differs from IP, else ""

	Country, SignedInCountry string // of the two addresses, "" where it is not known
	Idle                     progressBar
	Lifetime                 progressBar
}

// A progressBar shows how much of a limit is used, and when the session ends by it.
type progressBar struct {
	Percent int    // used, 0 to 100
	Left    string // "26 min"
	Ends    time.Time
	How     string // the end is said: its hour within a day, with the date later
}

// An endedSessionCard shows one session that is over, in the list "Recently ended".
type endedSessionCard struct {
	Icon, Device, IP string
	At               time.Time
	Why              string
}

type sessionsView struct {
	Layout
	Asking  []sessionCard // other sessions that need an answer
	Current sessionCard
	Others  []sessionCard // the rest, flagged ones first
	Ended   []endedSessionCard
	Limit   int
}

func (*sessionsView) page() string { return "sessions.html" }

// Count is how many sessions there are besides this one.
func (v *sessionsView) Count() int { return len(v.Asking) + len(v.Others) }

func (a *app) showSessions(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	live, ended, err := a.Sessions.RecentSessions(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	current, others := a.cardsOf(v, live)
	view := &sessionsView{Current: current, Limit: a.Sessions.Policy().SessionsPerUser}
	slices.SortStableFunc(others, func(x, y sessionCard) int { return urgency(y) - urgency(x) })
	asking := slices.IndexFunc(append(others, sessionCard{}), func(c sessionCard) bool { return !c.Asks })
	view.Asking, view.Others = others[:asking], others[asking:]
	for _, s := range ended {
		d := device.Parse(s.UserAgent)
		view.Ended = append(view.Ended, endedSessionCard{Icon: d.Icon, Device: d.Name, IP: s.LastIP, At: s.EndedAt, Why: why(s)})
	}
	return a.render(w, r, http.StatusOK, view)
}

// urgency orders sessions: what needs an answer, what is good to know, the rest.
func urgency(c sessionCard) int {
	switch {
	case c.Asks:
		return 2
	case c.Flag != "":
		return 1
	}
	return 0
}

// sessionCards returns the session of the request and the other live ones of the person, newest activity first.
func (a *app) sessionCards(r *http.Request) (current sessionCard, others []sessionCard, err error) {
	v := currentOf(r)
	sessions, err := a.Sessions.Sessions(r.Context(), v.UserID)
	if err != nil {
		return sessionCard{}, nil, err
	}
	current, others = a.cardsOf(v, sessions)
	return current, others, nil
}

func (a *app) cardsOf(v *current, live []session.Session) (this sessionCard, others []sessionCard) {
	for _, s := range live {
		if s.ID != v.ID {
			others = append(others, a.sessionCard(s, v.ID))
		}
	}
	return a.sessionCard(v.Session, v.ID), others
}

func (a *app) sessionCard(s session.Session, currentID string) sessionCard {
	d, now := device.Parse(s.UserAgent), time.Now()
	t := sessionCard{
		Handle: s.ID, Act: act.New(), Current: s.ID == currentID, Icon: d.Icon, Device: d.Name, Agent: device.Printable(s.UserAgent),
		Remembered: s.Remembered, LastSeen: s.LastSeenAt, ActiveNow: now.Sub(s.LastSeenAt) < 2*a.Sessions.Policy().Touch,
		SignedIn: s.CreatedAt, Method: methodWords[s.Method], IP: s.LastIP,
		Idle:     progressOf(now.Sub(s.LastSeenAt), a.Sessions.Policy().For(s.Remembered).Idle),
		Lifetime: progressOf(now.Sub(s.CreatedAt), s.ExpiresAt.Sub(s.CreatedAt).Round(time.Second)),
	}
	if t.Current { // this page is its latest request, also when that was not written
		t.ActiveNow, t.Idle = true, progressOf(0, a.Sessions.Policy().For(s.Remembered).Idle)
	}
	t.Unclaimed = !s.UnclaimedSince.IsZero()
	if s.IP != s.LastIP {
		t.SignedInIP, t.SignedInCountry = s.IP, a.country(s.IP)
	}
	t.Country = a.country(s.LastIP)
	t.Flag, t.Asks = flagText(s), needsAnswer(s)
	return t
}

// progressOf is how much of a limit is used.
func progressOf(used, limit time.Duration) progressBar {
	used = min(max(used, 0), limit)
	left, how := limit-used, "hour"
	if left >= 24*time.Hour {
		how = "end"
	}
	return progressBar{Percent: int(100 * used / max(limit, 1)), Left: short(left), Ends: time.Now().Add(left), How: how}
}

// short says a duration in the space of a session card: "12 min", "8 h 24 min", "3 d".
func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour && d%time.Hour >= time.Minute:
		return fmt.Sprintf("%d h %02d min", int(d/time.Hour), int(d%time.Hour/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d d", int(d/(24*time.Hour)))
}

// methodWords say how a session was signed in to.
var methodWords = map[auth.Method]string{
	auth.MethodPassword:     "password",
	auth.MethodTOTP:         "password and code",
	auth.MethodRecoveryCode: "password and recovery code",
	auth.MethodPasskey:      "passkey",
	auth.MethodDemoLink:     "a link of this demo",
}
