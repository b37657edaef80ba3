package audit

import "example.com/gatehouse/internal/device"

// An Actor is who does something: the session and the client. Before sign-in it has only the client.
type Actor struct {
	UserID    string
	SessionID string // handle
	TokenHash string // as read with the session; a change is refused if it has been rotated since
	InWindow  bool   // a change is refused unless the elevation window of the session is open
	Client    device.Client
}

// Within is the actor for a change that needs the elevation window, or does not.
func (a Actor) Within(window bool) Actor {
	a.InWindow = window
	return a
}

// Event makes an event with the current time in the session of the actor.
func (a Actor) Event(kind Kind) Event { return NewEvent(kind, a.UserID, a.SessionID, a.Client) }
