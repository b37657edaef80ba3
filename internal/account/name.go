package account

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// NameChanging is a change of the display name from one session.
type NameChanging struct {
	By   audit.Actor
	Old  string // as it was read
	Name string // as CleanName returned it
	At   time.Time
	audit.Event
}

// ChangeName sets what the person of the session is called. It returns the name as it is kept, a NameError, or
// ErrConflict when the session is over or the name was changed from elsewhere. The name it had already is no change.
func (s *Service) ChangeName(ctx context.Context, by audit.Actor, u auth.User, name string) (string, error) {
	name, err := auth.CleanName(name)
	if err != nil || name == u.Name {
		return name, err
	}
	change := NameChanging{By: by, Old: u.Name, Name: name, At: audit.Now(), Event: by.Event(audit.ProfileChanged)}
	change.Event.Reason = "name"
	if err := s.store.ChangeName(ctx, change); err != nil {
		return "", fmt.Errorf("change name: %w", err)
	}
	s.audit.Log(ctx, change.Event)
	return name, nil
}
