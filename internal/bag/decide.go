package bag

import (
	"slices"

	"example.com/gatehouse/internal/session"
)

// A situation is all that decides what becomes of the cookie and the bag of a request.
type situation struct {
	state           session.State // of the token that the browser presented
	presented, ours bool          // the browser sent a cookie of our name, good or not; no other instance knows it
	bag             finding       // under that token
	did             action        // what the request did to its session
	emptied         bool          // the bag that was found is to be deleted
	changed         bool          // the request wants values of its bag stored
	failed          bool          // the answer is an error, so they must not be stored
	late            bool          // the session has been used since the bag was stored, which is to be kept for longer
}

// A finding says what was under the token of a request.
type finding int

const (
	missing finding = iota // no bag, or none that can be opened
	found
	unreadable // the store did not answer
)

// An action is what a request did to its session.
type action int

const (
	nothing action = iota
	rotated
	ended
)

// An outcome is what becomes of the bag and the cookie. With a cookie that is removed, the browser gets the handle of the
// session that ended.
type outcome struct {
	stored  bool // the bag is written, after a rotation under the new token; with the changes unless the request failed
	cookie  cookieOutcome
	deleted bool // the bag under the token that the browser presented goes
}

type cookieOutcome int

const (
	cookieLeft cookieOutcome = iota
	cookieRemoved
	cookieOfSession // the token of the rotation
	cookieOfBag     // a visitor's: there is one while something is in the bag
)

type line struct {
	when func(situation) bool
	then outcome
}

// outcomes says what becomes of bag and cookie: the first line that fits counts, and without one both are left as they
// are. The cookie follows the row, the bag follows the success of the request.
var outcomes = []line{
	{func(s situation) bool { return s.did == rotated }, outcome{stored: true, cookie: cookieOfSession}},
	{situation.replaced, outcome{}},
	{func(s situation) bool { return s.did == ended && !s.presented }, outcome{}},
	{func(s situation) bool { return s.did == ended }, outcome{cookie: cookieRemoved}},
	{func(s situation) bool { return s.state == session.Live && (s.late || s.writes()) }, outcome{stored: true}},
	{situation.writes, outcome{stored: true, cookie: cookieOfBag}}, // also after the end of a session
	{func(s situation) bool { return s.state == session.Ended }, outcome{cookie: cookieRemoved}},
	{func(s situation) bool { return s.state == session.Unknown && s.presented && s.ours && s.bag == missing }, outcome{cookie: cookieRemoved}},
}

func decide(s situation) (o outcome) {
	if i := slices.IndexFunc(outcomes, func(line line) bool { return line.when(s) }); i >= 0 {
		o = outcomes[i].then
	}
	o.deleted = s.dead() || s.emptied && s.bag == found
	return o
}

func (s situation) writes() bool { return s.changed && !s.failed }

// replaced reports whether the browser has a newer cookie, which must not be overwritten. A browser that has none uses a copy
// of the token, which it can present again whatever the answer says.
func (s situation) replaced() bool {
	return s.state == session.Replaced || s.state == session.Rotated || s.state == session.Unclaimed
}

// dead reports whether the token that the browser presented opened a session once and opens nothing from now on.
func (s situation) dead() bool { return s.state == session.Ended || s.replaced() }
