package account

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// A Table is a part of the stored data about a person.
type Table struct {
	Name string // as people read it, in a file as its key
	Rows []map[string]any
}

// Export returns all stored data about the person of the proof except secrets (GDPR, article 15). ErrSecondFactor for a
// proof that is not complete, ErrConflict for another person's.
func (s *Service) Export(ctx context.Context, by audit.Actor, p auth.Proof) ([]Table, error) {
	if err := p.For(by.UserID); err != nil {
		return nil, err
	}
	e := by.Event(audit.SensitiveRead).Because("export")
	if err := s.auth.Spend(ctx, p); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := s.audit.RecordFirst(ctx, e); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return s.store.Export(ctx, by.UserID)
}
