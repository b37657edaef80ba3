package audit

import "example.com/gatehouse/internal/device"

// An Actor is who does something: the session it is done in, and where from. Of an act before there is a session, it is the
// client alone.
type Actor struct {
	UserID    string
	SessionID string // handle
	TokenHash string // that the session had when it was read: a change is refused when it has another by then
	Client    device.Client
}

// Event is an event of this moment in the session of the actor.
func (a Actor) Event(kind Kind) Event { return NewEvent(kind, a.UserID, a.SessionID, a.Client) }
