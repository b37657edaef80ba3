package session

import (
	"context"
	"errors"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// sweepBatch bounds one read of the sweeper; each session is ended in a transaction of its own.
const sweepBatch = 200

// Sweep ends the sessions that timed out without a request to notice it, and deletes those that ended before KeepEnded.
// Several instances may do it at once: each ending still happens exactly once.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		at := audit.Now()
		out, err := s.store.TimedOut(ctx, at, sweepBatch)
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		for _, x := range out {
			if _, err := s.end(ctx, x.Over(at, "", ""), audit.Actor{}, nil); err != nil && !errors.Is(err, auth.ErrEnded) {
				return fmt.Errorf("sweep: %w", err)
			}
		}
		if len(out) < sweepBatch {
			return s.store.PruneSessions(ctx, at.Add(-s.policy.KeepEnded))
		}
	}
}
