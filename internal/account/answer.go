package account

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
)

// Answer stores what the owner of an account says of something that happened in it, as an event of that kind: that it was
// them, or that it was not and what they do about it. about is the reason of the event. ErrConflict when the session of the
// actor is over, or the press was answered before.
func (s *Service) Answer(ctx context.Context, by audit.Actor, kind audit.Kind, about string, press *act.Record) error {
	e := by.Event(kind).Because(about)
	if err := s.store.AddPress(ctx, Press{Act: press, By: by}, e); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}
