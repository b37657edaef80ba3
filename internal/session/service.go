package session

import (
	"log/slog"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// Service is the life of sessions. Its methods are safe for concurrent use.
type Service struct {
	store  Store
	policy Policy
	audit  *audit.Trail
	log    *slog.Logger
}

// New returns the sessions in store under a policy.
func New(store Store, policy Policy, trail *audit.Trail, log *slog.Logger) *Service {
	if policy.Browser == nil {
		policy.Browser = device.Client.Name
	}
	return &Service{store: store, policy: policy, audit: trail, log: log}
}

// Policy returns the limits in force.
func (s *Service) Policy() Policy { return s.policy }
