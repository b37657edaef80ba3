package account

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// ChangeNameParams are a change of the display name, from one session.
type ChangeNameParams struct {
	By   audit.Actor
	Old  string // as it was read
	Name string // as CleanName returned it
	At   time.Time
	Act  *act.Record
	audit.Event
}

// ChangeName sets the display name of the session's account. It returns the stored name, a NameError, or ErrConflict
// when the session is over, the name was changed from elsewhere, or the press was answered before. Setting the same name again changes nothing.
func (s *Service) ChangeName(ctx context.Context, by audit.Actor, u auth.User, name string, press *act.Record) (string, error) {
	name, err := auth.CleanName(name)
	if err != nil || name == u.Name {
		return name, err
	}
	change := ChangeNameParams{By: by, Old: u.Name, Name: name, At: audit.Now(), Act: press, Event: by.Event(audit.ProfileChanged)}
	change.Event.Reason = "name"
	if err := s.store.ChangeName(ctx, change); err != nil {
		return "", fmt.Errorf("change name: %w", err)
	}
	s.audit.Log(ctx, change.Event)
	return name, nil
}
