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
	Nav         string // entry that is lit, from the line in routes.go
	Path        string // this page's own path, where "Stay signed in" comes back to; after an end that of the page that was left
	Flash       string // one sentence about the change just made
	SignedIn    *signedInView
	Preferences preferences
	Here        string // this page's address, where a change of the preferences comes back to
	// Unwarned pages outlive the session, so nothing on them warns of its end.
	Unwarned bool
	Act      string // for the forms of this page: see the package act
}

func (l *Layout) frame() *Layout { return l }

// signedInView is the current user and the clocks of this session. It is nil when nobody is signed in.
type signedInView struct {
	Name, Email, Initials string
	Handle                string    // the public name of this session, never the token
	User                  string    // the public name of the account
	Administers           bool      // it has a role that opens the administration
	IdleText              string    // "30 minutes"
	IdleEnds              time.Time // when the session ends unless another page is opened
	ElevatedUntil         time.Time // zero unless re-authenticated recently
	IdleMS, AbsoluteMS    int64     // time left, in milliseconds
	WarnMS                int64     // how long before the end to warn
	Flagged               bool      // and this page is no news of that
	Demo                  *demoView // nil but for a demo account
}
