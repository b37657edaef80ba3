package handlers

import "time"

// A view is the data of one page. Its type picks the template, so a page cannot be rendered with another page's data.
type view interface {
	page() string
	frame() *Layout
}

// Layout is what every page shows around its own content. Views embed it; layout.html takes it by its name once, because a
// template looks a promoted field up anew each time, through all fields of the view.
type Layout struct {
	Nav     string // entry that is lit, from the line in routes.go
	Path    string // this page's own path, where "Stay signed in" comes back to
	Flash   string // one sentence about the change just made
	Visitor *visitorView
	Look    look
	Here    string // this page's address, where a change of the look comes back to
	// Unwarned pages outlive the session, so nothing on them warns of its end.
	Unwarned bool
}

func (l *Layout) frame() *Layout { return l }

// visitorView is the signed-in person and the clocks of this session. It is nil when nobody is signed in.
type visitorView struct {
	Name, Email, Initials string
	Handle                string    // the public name of this session, never the token
	User                  string    // the public name of the account
	IdleText              string    // "30 minutes"
	IdleEnds              time.Time // when the session ends unless another page is opened
	ElevatedUntil         time.Time // zero unless re-authenticated recently
	IdleMS, AbsoluteMS    int64     // time left, in milliseconds
	WarnMS                int64     // how long before the end to warn
	Demo                  *demoView // nil but for a demo account
}

// A problem is one thing wrong with a form, said beside its field and in the summary on top. Field "" is the whole form.
type problem struct{ Field, Text string }

type problems []problem

// On returns what is wrong with the field, or "".
func (p problems) On(field string) string {
	for _, one := range p {
		if one.Field == field {
			return one.Text
		}
	}
	return ""
}

type landingView struct {
	Layout
	Demo bool // "Try the demo" is offered
}

type signUpView struct {
	Layout
	Name, Email          string
	MinLength, MaxLength int
	Problems             problems
}

// signUpSentView is the one answer to every sign-up, whether or not the address has an account.
type signUpSentView struct {
	Layout
	DevMail bool
}

type confirmView struct {
	Layout
	Token   string // "" when the link is unknown, used or too old
	AskedAt time.Time
	Device  string // that the account was asked for from, "Firefox on Linux"
}

type signInView struct {
	Layout
	Email, Next   string
	Unlock        string // key of an unlock letter, carried by the form
	Remember      bool
	RememberText  string // limits of "keep me signed in"; "" when it is switched off
	IdleText      string
	LifetimeText  string
	Kept          bool // what was typed in the form before is held
	Confirmed     bool // the address was confirmed just now
	Again         bool // the sign-in before waited too long for its second step, or had too many wrong codes
	Reset         bool // the password was set with a letter just now
	CookieRefused bool // the browser did not send back the cookie of the sign-in before
	Ended         *endedView
	Passkey       passkeySignInView
	Problems      problems
}

// passkeySignInView is the button that signs in by a passkey.
type passkeySignInView struct {
	Next     string
	Offer    bool // passkeys are also offered where the address is typed
	Remember bool // "keep me signed in" was chosen on the page before
}

// endedView says why a session is over.
type endedView struct {
	Reason   string // idle, absolute, signed_out, revoked, password_changed, admin, replaced, client_changed, account_disabled, account_deleted, unknown
	Heading  string
	Text     string
	At       time.Time // zero when unknown
	Worrying bool      // somebody else may have done it: say what to do
	Demo     bool      // the account is deleted, so there is nothing to sign in to
}

type signedOutView struct {
	Layout
	Ended endedView
}

type reauthView struct {
	Layout
	Next       string
	Cancel     string    // where to go instead
	Changed    string    // why the session waits, "It was used from another network."; "" when it does not
	Waiting    string    // what is waiting, "Sign out Firefox on Windows"; "" when nothing is
	KeptUntil  time.Time // how long what was typed is held; zero when nothing is
	WindowText string    // "15 minutes"
	Identity   identityView
}

type overviewView struct {
	Layout
	Session         ticketView
	Advice          []advice
	Others          int
	Marked          int // live sessions that are worth a look
	PasswordChanged time.Time
	App, Passkeys   bool // which second steps the account has
	Recent          []eventView
	Basket          string // name of the plan in the basket, "" for none
}

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

// endSessionView asks before one session is ended.
type endSessionView struct {
	Layout
	Session ticketView
}

// endSessionsView lists what ends, and asks who it is when re-authentication is stale.
type endSessionsView struct {
	Layout
	All      bool // this session too
	Sessions []ticketView
	Stale    bool
	Identity identityView
}

type passwordView struct {
	Layout
	MinLength, MaxLength int
	Others               int // sessions that the change ends
	Problems             problems
	Identity             identityView
}

type activityView struct {
	Layout
	Days     []dayView
	Kinds    []choice
	Kind     string // chosen, "" for all
	Query    string
	Older    string // link to the next page, "" on the last
	Download string // link to all pages of it as a file
	First    bool   // no cursor: the newest events
}

type dayView struct {
	Date   time.Time
	Events []trailView
}

// trailView is an event on the activity page, and where to go from it.
type trailView struct {
	eventView
	ID      string
	Session string // handle of the session it belongs to while that lives, else ""
}

type eventView struct {
	Icon string // name in the icon sprite
	Text string // one plain sentence
	At   time.Time
	From string // "Firefox on Windows, 203.0.113.4"; may be ""
	Risk bool
}

type choice struct{ Value, Label string }

type plansView struct {
	Layout
	Chosen string // key of the plan in the basket, "" for none
	Away   bool   // the basket cannot be reached at the moment
	// Problems has an entry when the plan asked for does not exist.
	Problems problems
}

type planView struct {
	Key, Name, Price, Text string
	Includes               []string
}

type errorView struct {
	Layout
	Status        int
	Heading, Text string
	Reference     string // id of the request in the log, for 5xx
}

type devMailView struct {
	Layout
	Letters []letterView
}

type letterView struct {
	ID, To, Subject, Text string
	At                    time.Time
	Links                 []string
}

func (*landingView) page() string     { return "landing.html" }
func (*signUpView) page() string      { return "signup.html" }
func (*signUpSentView) page() string  { return "signup-sent.html" }
func (*confirmView) page() string     { return "confirm.html" }
func (*signInView) page() string      { return "login.html" }
func (*signedOutView) page() string   { return "signed-out.html" }
func (*reauthView) page() string      { return "reauth.html" }
func (*overviewView) page() string    { return "overview.html" }
func (*sessionsView) page() string    { return "sessions.html" }
func (*endSessionView) page() string  { return "session-end.html" }
func (*endSessionsView) page() string { return "sessions-end.html" }
func (*passwordView) page() string    { return "password.html" }
func (*activityView) page() string    { return "activity.html" }
func (*plansView) page() string       { return "plans.html" }
func (*errorView) page() string       { return "error.html" }
func (*devMailView) page() string     { return "dev-mail.html" }
