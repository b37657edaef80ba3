package session

import (
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A State says what the token of a request is.
type State int

// The states. doc.go draws what leads from one to the other.
const (
	Unknown   State = iota // never issued, or long forgotten; a visitor's bag may be under it
	Live                   // it opens its session
	Unclaimed              // it was replaced, and nobody has brought the next one: that answer may be lost
	Rotated                // it was replaced a moment ago: the browser has the next one, or will in a moment
	Replaced               // it was replaced longer ago than any request is on its way: it may be a copy
	Ended                  // its session is over
)

// A Credential is a token as a request brings it.
type Credential struct {
	Token    string
	ReadOnly bool // looking is not activity: nothing is extended and nothing compared
	Client   device.Client
}

// Found is what became of a token.
type Found struct {
	State   State
	Session Session   // zero for Unknown
	User    auth.User // zero unless the session is live or a flag was raised
	// Raised is the flag that this very request brought about, "" for none: exactly one request raises it, and its
	// caller tells the owner.
	Raised  string
	Changed device.Set // what is new of the client that it was raised for
}
