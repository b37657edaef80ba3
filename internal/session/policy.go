package session

import (
	"time"

	"example.com/gatehouse/internal/device"
)

// Limits are how long after its last request, and after its sign-in, a session ends.
type Limits struct{ Idle, Lifetime time.Duration }

// Policy holds the limits of sessions (ASVS v5.0.0-7.1.1, 7.1.2), and what a session may be used from.
type Policy struct {
	Limits
	Remember        Limits        // for "keep me signed in"; 0 switches it off
	Elevation       time.Duration // how long a re-authentication counts
	Touch           time.Duration // activity is written at most this often
	KeepEnded       time.Duration // how long an ended session can still say why it ended
	SessionsPerUser int           // one more replaces the oldest
	OnClientChange  ClientChange  // "" is ClientChangeFlag
	Browser         device.Namer  // what a session tells browsers apart by; nil is device.Client.Name
}

// For returns the limits of a session, remembered or not.
func (p Policy) For(remembered bool) Limits {
	if remembered {
		return p.Remember
	}
	return p.Limits
}

// IdleEnd is when a session that was used at that time ends unless it is used again: never after its absolute limit.
func (p Policy) IdleEnd(used time.Time, remembered bool, limit time.Time) time.Time {
	return earlier(used.Add(p.For(remembered).Idle), limit)
}

// RememberOffered reports whether "keep me signed in" can be chosen.
func (p Policy) RememberOffered() bool { return p.Remember.Lifetime > 0 }
