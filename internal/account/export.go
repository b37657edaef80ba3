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

// Export hands all stored data about the person of the proof except secrets (GDPR, article 15) to write, and stores that they
// were read with the press that it returns: without an error they may be sent. ErrSecondFactor for a proof that is not complete,
// ErrConflict for another person's, one that was used before, and for a press that was answered before.
func (s *Service) Export(ctx context.Context, by audit.Actor, p auth.Proof, write func([]Table) (Press, error)) error {
	if err := p.For(by.UserID); err != nil {
		return err
	}
	e := by.Event(audit.SensitiveRead).Because("export")
	err := s.store.Export(ctx, by, e, func(tables []Table) (Press, error) {
		press, err := write(tables)
		press.Spend = p.Spend()
		return press, err
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	s.audit.Log(ctx, append(p.Spend().Events, e)...)
	return nil
}
