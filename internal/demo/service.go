// Package demo makes temporary accounts with a made-up history, one for each visitor, and deletes them after two hours.
// It knows no HTTP and no SQL.
package demo

import (
	"log/slog"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// Service makes demo accounts and deletes them. Its methods are safe for concurrent use.
type Service struct {
	store  Store
	auth   *auth.Service
	policy session.Policy
	audit  *audit.Trail
	log    *slog.Logger
}

// New returns a Service on the given store. The made-up history fits the policy of sessions.
func New(store Store, a *auth.Service, policy session.Policy, trail *audit.Trail, log *slog.Logger) *Service {
	return &Service{store: store, auth: a, policy: policy, audit: trail, log: log}
}
