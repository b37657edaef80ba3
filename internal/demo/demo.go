package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

const (
	// keepEndedDemo is how long the rows of an expired demo are kept, so that its browser can be told why it was signed
	// out.
	keepEndedDemo = 5 * time.Minute
	// maxDemos bounds how many demo accounts exist, with about 50 rows each. Concurrent requests may exceed it by as
	// many as wait for a password hash.
	maxDemos = 5000
	// demoBatch bounds one read of the accounts to delete.
	demoBatch = 200
)

// A Demo is a temporary account with the sessions and events that it has when it is made.
type Demo struct {
	User     auth.User
	Sessions []session.Session
	Events   []audit.Event
}

// demoNames are fictitious names.
var demoNames = []string{
	"Marta Reis", "Jonas Weber", "Amina Yusuf", "Kenji Mori", "Priya Nair", "Lucía Ortega", "Tom Ashworth", "Noor Haddad",
}

// NewDemo makes a private account for one visitor, with a history of its own, and returns the proof that opens it and
// its password. It lives for DemoLife and receives no email outside the portal. ErrDemoFull when there are too many, ErrBusy.
func (s *Service) NewDemo(ctx context.Context, c device.Client) (p auth.Proof, password string, err error) {
	n, err := s.store.CountDemos(ctx)
	if err != nil {
		return auth.Proof{}, "", fmt.Errorf("new demo: %w", err)
	}
	if n >= maxDemos {
		return auth.Proof{}, "", auth.ErrDemoFull
	}
	password = auth.NewPassword()
	hash, err := s.auth.HashPassword(ctx, password)
	if err != nil {
		return auth.Proof{}, "", fmt.Errorf("new demo: %w", err)
	}
	demo := fill(s.policy, newDemoUser(hash, audit.Now()))
	if err := s.store.CreateDemo(ctx, demo); err != nil {
		return auth.Proof{}, "", fmt.Errorf("new demo: %w", err)
	}
	created := audit.NewEvent(audit.UserCreated, demo.User.ID, "", c).Because("demo") // for the log only: the trail of the demo has a made-up history
	s.audit.Log(ctx, created)
	return auth.ProofOfDemo(demo.User), password, nil
}

func newDemoUser(hash string, at time.Time) auth.User {
	pick := rand.Text()
	email := "visitor-" + strings.ToLower(pick[:12]) + auth.DemoDomain
	return auth.User{
		ID: audit.DemoID + audit.NewID(), Email: email, NormalizedEmail: email, Name: demoNames[int(pick[12])%len(demoNames)], Role: auth.RoleMember,
		PasswordHash: hash, DemoUntil: at.Add(auth.DemoLife),
	}
}

// Sweep deletes expired demo accounts with everything in them, after keepEndedDemo.
func (s *Service) Sweep(ctx context.Context) error {
	at := audit.Now()
	for {
		n, err := s.store.DeleteDemos(ctx, at.Add(-keepEndedDemo), demoBatch)
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
