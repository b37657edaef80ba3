package session

import (
	"time"

	"example.com/gatehouse/internal/device"
)

// Policy holds the limits of sessions (ASVS v5.0.0-7.1.1, 7.1.2), and what a session may be used from.
type Policy struct {
	Idle, Lifetime                 time.Duration // a session ends this long after its last request, and after its sign-in
	RememberIdle, RememberLifetime time.Duration // the same for "keep me signed in"; 0 switches it off
	Elevation                      time.Duration // how long a re-authentication counts
	Touch                          time.Duration // activity is written at most this often
	KeepEnded                      time.Duration // how long an ended session can still say why it ended
	SessionsPerUser                int           // one more replaces the oldest
	OnClientChange                 ClientChange  // "" is ClientChangeFlag
	Browser                        device.Namer  // what a session tells browsers apart by; nil is device.Client.Name
}

// IdleLimit is the idle timeout of a session, remembered or not.
func (p Policy) IdleLimit(remembered bool) time.Duration {
	if remembered {
		return p.RememberIdle
	}
	return p.Idle
}

// IdleEnd is when a session that was used at that time ends unless it is used again: never after its absolute limit.
func (p Policy) IdleEnd(used time.Time, remembered bool, limit time.Time) time.Time {
	return earlier(used.Add(p.IdleLimit(remembered)), limit)
}

// LifetimeLimit is the absolute limit of a session, remembered or not.
func (p Policy) LifetimeLimit(remembered bool) time.Duration {
	if remembered {
		return p.RememberLifetime
	}
	return p.Lifetime
}

// RememberOffered reports whether "keep me signed in" can be chosen.
func (p Policy) RememberOffered() bool { return p.RememberLifetime > 0 }
