package account

import (
	"context"
	"fmt"
	"strings"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// A Table is a part of the stored data about a person.
type Table struct {
	Name string // as people read it, in a file as its key
	Rows []map[string]any
}

// hashShown is how many characters of a hash its owner sees: enough to see it change, too few to find it by.
const hashShown = 8

// SessionRow is the row of a session for its owner, by the names of the columns. Of each hash there is the beginning.
func (s *Service) SessionRow(ctx context.Context, userID, handle string, columns []string) (map[string]any, error) {
	row, err := s.store.SessionRow(ctx, userID, handle, columns)
	if err != nil {
		return nil, fmt.Errorf("session row: %w", err)
	}
	for _, column := range columns {
		if hash, ok := row[column].(string); ok && strings.HasSuffix(column, "_hash") && len(hash) > hashShown {
			row[column] = hash[:hashShown] + "\u2026"
		}
	}
	return row, nil
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
