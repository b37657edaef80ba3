package session

import (
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A Session is one signed-in device: a row, and the only authority on whether its token opens anything.
type Session struct {
	ID             string // the public handle
	UserID         string
	TokenHash      string
	RotatedAt      time.Time   // when the token was made, at sign-in or later
	UnclaimedSince time.Time   // when the token was made, until a request brings it; zero from then on
	Method         auth.Method // how the person signed in
	Remembered     bool        // "keep me signed in"
	UserAgent      string      // at sign-in
	IP, LastIP     string      // at sign-in and at the latest written activity
	CreatedAt      time.Time
	LastSeenAt     time.Time  // at most one touch interval behind the truth
	IdleExpiresAt  time.Time  // when it ends unless used again; never after ExpiresAt
	ExpiresAt      time.Time  // the absolute limit
	ElevatedUntil  time.Time  // zero unless re-authenticated
	Known          device.Set // browsers and networks it is used from; "" until they are learnt
	KnownAgent     string     // a User-Agent header of a known browser that is not the one at sign-in; "" for none
	Flag           string     // why its owner should look at it; "" for no reason
	FlagClient     device.Set // what of another client it was flagged for; "" when it was not
	EndedAt        time.Time  // zero while it lives
	EndReason      Reason
	EndedBy        string // handle of the session it was ended from
}

// Reason says why a session ended.
type Reason string

// The reasons; a session ends with exactly one of them.
const (
	ReasonIdle            Reason = "idle"
	ReasonAbsolute        Reason = "absolute"
	ReasonSignedOut       Reason = "signed_out"
	ReasonRevoked         Reason = "revoked" // by its owner, from another session or by email
	ReasonPasswordChanged Reason = "password_changed"
	ReasonAdmin           Reason = "admin"
	ReasonReplaced        Reason = "replaced"       // one session too many
	ReasonClientChanged   Reason = "client_changed" // used from a browser or network that it does not know
	ReasonAccountDisabled Reason = "account_disabled"
	ReasonAccountDeleted  Reason = "account_deleted"
	ReasonUnclaimed       Reason = "unclaimed" // nobody brought its token within ClaimWithin
)

// Elevated reports whether the person re-authenticated recently enough for a sensitive change (ASVS v5.0.0-7.5.1).
func (s *Session) Elevated(at time.Time) bool { return at.Before(s.ElevatedUntil) }

// Over returns the session as it is once it is over: since then, for that reason, or signed out if it was ended from
// itself. One whose time was up had ended before, whoever notices it.
func (s Session) Over(at time.Time, reason Reason, by string) Session {
	s.EndedAt, s.EndReason, s.EndedBy = at, reason, by
	if by == s.ID {
		s.EndReason = ReasonSignedOut
	}
	if timeout, when := s.timedOut(at); timeout != "" {
		s.EndedAt, s.EndReason, s.EndedBy = when, timeout, ""
	}
	return s
}

// timedOut returns why and when the session ran out of time, or "" when it has not.
func (s *Session) timedOut(at time.Time) (Reason, time.Time) {
	switch {
	case at.Before(s.IdleExpiresAt):
		return "", time.Time{}
	case !s.UnclaimedSince.IsZero() && s.IdleExpiresAt.Equal(s.UnclaimedSince.Add(ClaimWithin)):
		return ReasonUnclaimed, s.IdleExpiresAt
	case s.IdleExpiresAt.Before(s.ExpiresAt):
		return ReasonIdle, s.IdleExpiresAt
	default:
		return ReasonAbsolute, s.ExpiresAt
	}
}

func earlier(a, b time.Time) time.Time { return slices.MinFunc([]time.Time{a, b}, time.Time.Compare) }

// By is who acts in this session, from a client.
func (s Session) By(c device.Client) audit.Actor {
	return audit.Actor{UserID: s.UserID, SessionID: s.ID, TokenHash: s.TokenHash, Client: c}
}
