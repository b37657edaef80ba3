package session

import (
	"context"
	"strconv"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// A SignedIn is a session that was just opened, and what its owner should hear about it (ASVS v5.0.0-6.3.5).
type SignedIn struct {
	Session

	// NewDevice says that the account is not known to be used from this browser, or from this network: no session of the
	// last KeepEnded knew it, live or over. A session that its owner has signed out from another device does not count: it
	// may have been somebody else's. False for the very first sign-in.
	NewDevice bool

	// Failures is how many sign-ins were refused since the one before this. 0 when they were fewer than a forgetful owner
	// makes.
	Failures int
}

// History is what is known of the sign-ins of one account.
type History struct {
	SignedIn bool         // before, as far back as events go
	Failures int          // refused sign-ins since the latest one, at most MaxFailures
	Known    []device.Set // of its sessions, without those that were revoked
}

// MaxFailures bounds the count of refused sign-ins: from there on the number says nothing more.
const MaxFailures = 1000

// suspiciousFailures is how many refused sign-ins in a row make the success that follows worth an email.
const suspiciousFailures = 5

// compare compares a sign-in with those before it.
func (s *Service) compare(ctx context.Context, x Session, c device.Client) (SignedIn, error) {
	in := SignedIn{Session: x}
	h, err := s.store.SignInHistory(ctx, x.UserID)
	in.NewDevice = h.SignedIn && !device.Knows(h.Known, s.policy.Browser.SetOf(c))
	if h.Failures >= suspiciousFailures {
		in.Failures = h.Failures
	}
	return in, err
}

// Knows reports whether the account was used lately from the client's browser and from its network.
func (s *Service) Knows(ctx context.Context, userID string, c device.Client) (bool, error) {
	h, err := s.store.SignInHistory(ctx, userID)
	return err == nil && device.Knows(h.Known, s.policy.Browser.SetOf(c)), err
}

// events are those of the sign-in.
func (a SignedIn) events(c device.Client) []audit.Event {
	by := a.By(c)
	events := []audit.Event{by.Event(audit.LoginSuccess).Because(string(a.Method))}
	if a.Failures > 0 {
		events = append(events, by.Event(audit.LoginSuccessAfterFail).Because(strconv.Itoa(a.Failures)))
	}
	return append(events, by.Event(audit.SessionCreated))
}
