// Package demo makes throw-away accounts with a history to look through, each its visitor's alone, and deletes them when
// their two hours are over. It knows no HTTP and no SQL.
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

// New returns the demos of a store. What is told in them fits the policy of sessions.
func New(store Store, a *auth.Service, policy session.Policy, trail *audit.Trail, log *slog.Logger) *Service {
	return &Service{store: store, auth: a, policy: policy, audit: trail, log: log}
}
