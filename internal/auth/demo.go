package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

const (
	// DemoLife is how long a demo account lives.
	DemoLife = 2 * time.Hour
	// demoFarewell is how long the rows of a demo that is over are kept: they tell its browser why it was signed out.
	demoFarewell = 5 * time.Minute
	// maxDemos bounds how many demo accounts there are, with some forty rows each. Visitors at the same moment may
	// exceed it by as many as wait for their password to be hashed.
	maxDemos = 5000
	// demoBatch bounds one read of the accounts to delete.
	demoBatch = 200
)

// The address of a demo account is in a domain that nobody can own (RFC 2606), where no letter arrives. Its id begins with
// audit.DemoID: the schema holds that and DemoUntil together.
const demoDomain = "@demo.example"

func isDemoAddress(emailKey string) bool { return strings.HasSuffix(emailKey, demoDomain) }

// IsDemo reports whether the account is a visitor's throw-away one.
func (u User) IsDemo() bool { return !u.DemoUntil.IsZero() }

// over reports whether the account is a demo whose time is up.
func (u User) over(at time.Time) bool { return u.IsDemo() && !at.Before(u.DemoUntil) }

// HasDemoPassword reports whether the password is still the one that was made up with the demo account.
func (u User) HasDemoPassword() bool {
	return u.IsDemo() && u.PasswordChangedAt.Before(u.DemoUntil.Add(-DemoLife))
}

// Recorded returns what may be kept of a client in the name of the account, in rows, events and log lines.
func (u User) Recorded(c device.Client) device.Client { return audit.Recorded(u.ID, c) }

// A Demo is a throw-away account and what it looks like when its visitor arrives.
type Demo struct {
	User     User
	Sessions []Session
	Events   []audit.Event
}

// demoNames are those of nobody in particular.
var demoNames = []string{
	"Marta Reis", "Jonas Weber", "Amina Yusuf", "Kenji Mori", "Priya Nair", "Lucía Ortega", "Tom Ashworth", "Noor Haddad",
}

// NewDemo makes a private account for one visitor, with a history of its own, and returns the proof that opens it and
// its password. It lives for DemoLife and receives no mail. ErrDemoFull when there are too many, ErrBusy.
func (s *Service) NewDemo(ctx context.Context, c device.Client) (p Proof, password string, err error) {
	n, err := s.store.CountDemos(ctx)
	if err != nil {
		return Proof{}, "", fmt.Errorf("new demo: %w", err)
	}
	if n >= maxDemos {
		return Proof{}, "", ErrDemoFull
	}
	password = NewPassword()
	hash, err := s.hash.Hash(ctx, NormalPassword(password))
	if err != nil {
		return Proof{}, "", fmt.Errorf("new demo: %w", err)
	}
	demo := s.policy.tell(newDemoUser(hash, audit.Now()))
	if err := s.store.CreateDemo(ctx, demo); err != nil {
		return Proof{}, "", fmt.Errorf("new demo: %w", err)
	}
	created := audit.NewEvent(audit.UserCreated, demo.User.ID, "", c) // its owner's trail tells another story
	created.Reason = "demo"
	s.audit.Log(ctx, created)
	return Proof{demo.User, MethodPassword}, password, nil
}

func newDemoUser(hash string, at time.Time) User {
	pick := rand.Text()
	email := "visitor-" + strings.ToLower(pick[:12]) + demoDomain
	return User{
		ID: audit.DemoID + audit.NewID(), Email: email, EmailKey: email, Name: demoNames[int(pick[12])%len(demoNames)], Role: RoleMember,
		PasswordHash: hash, DemoUntil: at.Add(DemoLife),
	}
}

// deleteDemos deletes the demo accounts that are over for a while, whole.
func (s *Service) deleteDemos(ctx context.Context, at time.Time) error {
	for {
		n, err := s.store.DeleteDemos(ctx, at.Add(-demoFarewell), demoBatch)
		if err != nil {
			return fmt.Errorf("delete demos: %w", err)
		}
		if n > 0 {
			s.log.InfoContext(ctx, "demo accounts deleted", "count", n)
		}
		if n < demoBatch {
			return nil
		}
	}
}
