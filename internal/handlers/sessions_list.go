package handlers

import (
	"fmt"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// ticketView is one live session.
type ticketView struct {
	Handle     string
	Current    bool
	Icon       string // monitor, smartphone, laptop, terminal or globe
	Device     string // "Firefox on Windows", from an allow-list of names
	Agent      string // the User-Agent header, cleaned: text written by the client
	Flag       string // why it is worth a look, "" when it does not
	Kept       bool   // "keep me signed in" was chosen
	LastSeen   time.Time
	ActiveNow  bool
	SignedIn   time.Time
	Method     string // "password"
	IP         string // address of the latest request
	SignedInIP string // address at sign-in when it differs from IP, else ""
	Idle       fuseView
	Lifetime   fuseView
}

// fuseView is a bar that burns down.
type fuseView struct {
	Percent int // used, 0 to 100
	Text    string
}

// endedTicketView is one session that is over, for the list "Recently ended".
type endedTicketView struct {
	Icon, Device, IP string
	At               time.Time
	Why              string
}

type sessionsView struct {
	Layout
	Current ticketView
	Others  []ticketView
	Ended   []endedTicketView
	Limit   int
}

func (*sessionsView) page() string { return "sessions.html" }

func (a *app) showSessions(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r)
	current, others, err := a.tickets(r)
	if err != nil {
		return err
	}
	ended, err := a.Sessions.EndedSessions(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	view := &sessionsView{
		Current: current, Others: others, Limit: a.Sessions.Policy().SessionsPerUser,
	}
	for _, s := range ended {
		d := device.Parse(s.UserAgent)
		view.Ended = append(view.Ended, endedTicketView{Icon: d.Icon, Device: d.Name, IP: s.LastIP, At: s.EndedAt, Why: why(s)})
	}
	return a.render(w, r, http.StatusOK, view)
}

// tickets returns the session of the request and the other live ones of the person, newest activity first.
func (a *app) tickets(r *http.Request) (current ticketView, others []ticketView, err error) {
	v := visitorOf(r)
	sessions, err := a.Sessions.Sessions(r.Context(), v.UserID)
	if err != nil {
		return ticketView{}, nil, err
	}
	current = a.ticket(v.Session, v.ID)
	for _, s := range sessions {
		if s.ID != v.ID {
			others = append(others, a.ticket(s, v.ID))
		}
	}
	return current, others, nil
}

func (a *app) ticket(s session.Session, currentID string) ticketView {
	d, now := device.Parse(s.UserAgent), time.Now()
	t := ticketView{
		Handle: s.ID, Current: s.ID == currentID, Icon: d.Icon, Device: d.Name, Agent: device.Printable(s.UserAgent),
		Kept: s.Remembered, LastSeen: s.LastSeenAt, ActiveNow: now.Sub(s.LastSeenAt) < 2*a.Sessions.Policy().Touch,
		SignedIn: s.CreatedAt, Method: methodWords[s.Method], IP: s.LastIP,
		Idle:     fuse(now.Sub(s.LastSeenAt), a.Sessions.Policy().IdleLimit(s.Remembered)),
		Lifetime: fuse(now.Sub(s.CreatedAt), s.ExpiresAt.Sub(s.CreatedAt).Round(time.Second)),
	}
	if t.Current { // this very page is its latest request, written or not
		t.ActiveNow, t.Idle = true, fuse(0, a.Sessions.Policy().IdleLimit(s.Remembered))
	}
	if s.IP != s.LastIP {
		t.SignedInIP = s.IP
	}
	t.Flag = doubt(s)
	return t
}

// fuse draws how much of a limit is used.
func fuse(used, limit time.Duration) fuseView {
	used = min(max(used, 0), limit)
	return fuseView{Percent: int(100 * used / max(limit, 1)), Text: fmt.Sprintf("%s of %s", short(used), short(limit))}
}

// short says a duration in the space of a ticket: "12 min", "8 h 24 min", "3 d".
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
}
