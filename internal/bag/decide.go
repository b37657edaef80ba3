package bag

import "example.com/gatehouse/internal/session"

// A situation is all that decides what becomes of the cookie and the bag of a request.
type situation struct {
	state     session.State // of the token that the browser presented
	presented bool          // the browser sent a cookie of our name, good or not
	bag       finding       // under that token
	did       deed          // what the request did to its session
	emptied   bool          // nothing of the bag may be found again
	changed   bool          // the request wants values of its bag stored
	failed    bool          // and they are not to be, because its answer is an error
}

// A finding says what was under the token of a request.
type finding int

const (
	missing finding = iota // no bag, or none that can be opened
	found
	unreadable // the store did not answer
)

// A deed is what a request did to its session.
type deed int

const (
	nothing deed = iota
	rotated
	ended
)

// An outcome is what becomes of cookie and bag.
type outcome struct {
	bag      bagOutcome
	deleted  bool // the bag under the token that the browser presented goes
	cookie   cookieOutcome
	farewell farewellOutcome
}

type bagOutcome int

const (
	bagLeft    bagOutcome = iota
	bagWritten            // under the token it was read from; a visitor without a bag gets a token for it
	bagMoved              // to the token of the rotation
)

type cookieOutcome int

const (
	cookieLeft cookieOutcome = iota
	cookieRemoved
	cookieOfSession // the token of the rotation, for as long as the session's cookie lives
	cookieOfBag     // a visitor's: there is one while something is in the bag
)

type farewellOutcome int

const (
	farewellLeft farewellOutcome = iota
	farewellSet
	farewellRemoved
)

// decide says what becomes of cookie and bag: the cookie follows the row, the bag follows the success of the request.
func decide(s situation) outcome {
	o := s.afterDeed()
	o.deleted = s.dead() || s.emptied && s.bag == found
	return o
}

// dead reports whether the token that the browser presented opens nothing any more.
func (s situation) dead() bool {
	return s.state == session.Ended || s.replaced()
}

// replaced reports whether the browser has a newer cookie. If it does not, this token is a copy, and taking it away helps
// nobody.
func (s situation) replaced() bool {
	return s.state == session.Replaced || s.state == session.Rotated
}

func (s situation) afterDeed() outcome {
	switch {
	case s.did == rotated:
		return outcome{bag: bagMoved, cookie: cookieOfSession, farewell: farewellRemoved}
	case s.replaced(), s.did == ended && !s.presented:
		return outcome{}
	case s.did == ended:
		return outcome{cookie: cookieRemoved, farewell: farewellSet}
	}
	return s.afterReading()
}

// afterReading is for a request that left its session as it was.
func (s situation) afterReading() outcome {
	write := s.changed && !s.failed
	switch {
	case s.state == session.Live && write:
		return outcome{bag: bagWritten}
	case s.state == session.Live:
		return outcome{}
	case s.state == session.Ended && write: // what is put into the bag after the end is a visitor's
		return outcome{bag: bagWritten, cookie: cookieOfBag, farewell: farewellSet}
	case s.state == session.Ended:
		return outcome{cookie: cookieRemoved, farewell: farewellSet}
	case write:
		return outcome{bag: bagWritten, cookie: cookieOfBag}
	case s.presented && s.bag == missing: // it is nobody's
		return outcome{cookie: cookieRemoved}
	}
	return outcome{}
}
