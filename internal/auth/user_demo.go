package auth

import (
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// DemoLife is how long a demo account lives.
const DemoLife = 2 * time.Hour

// IsDemo reports whether the account is a temporary demo account.
func (u User) IsDemo() bool { return !u.DemoUntil.IsZero() }

// Over reports whether the account is an expired demo.
func (u User) Over(at time.Time) bool { return u.IsDemo() && !at.Before(u.DemoUntil) }

// HasDemoPassword reports whether the password is still the one that was made with the demo account.
func (u User) HasDemoPassword() bool {
	return u.IsDemo() && u.PasswordChangedAt.Before(u.DemoUntil.Add(-DemoLife))
}

// Recorded returns the parts of a client's data that may be stored for the account, in rows, events and log lines.
func (u User) Recorded(c device.Client) device.Client { return audit.Recorded(u.ID, c) }

// DemoDomain ends the address of every demo account. Nobody can own it (RFC 2606), so no email arrives there. The id of the
// account begins with audit.DemoID: the schema holds that and DemoUntil together.
const DemoDomain = "@demo.example"

// IsDemoAddress reports whether a normalised address is one of demo accounts.
func IsDemoAddress(normalizedEmail string) bool {
	return strings.HasSuffix(normalizedEmail, DemoDomain)
}
