package twin

import (
	"context"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

// A Store is what the portal keeps its sessions in.
type Store interface {
	scs.Store
	scs.IterableStore
}

// endings is a store in which what was deleted stays deleted, whoever writes it back. It remembers in the memory of one
// program, which is enough to show the idea.
type endings struct {
	Store
	mu    sync.Mutex
	ended map[string]bool
}

// keepOld is set in the context of a renewal that leaves the old record.
type keepOld struct{}

func (s *endings) DeleteCtx(ctx context.Context, token string) error {
	if ctx.Value(keepOld{}) != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[token] = true
	return s.Delete(token)
}

func (s *endings) CommitCtx(_ context.Context, token string, b []byte, expiry time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended[token] {
		return nil
	}
	return s.Commit(token, b, expiry)
}

func (s *endings) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	return s.Find(token)
}

func (s *endings) AllCtx(context.Context) (map[string][]byte, error) { return s.All() }
