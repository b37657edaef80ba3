package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"example.com/gatehouse/internal/store"
)

// cacheReady asks of Redis all that bags and limits ask of it. An answer to a PING would not tell what its user may do.
func (p *parts) cacheReady(ctx context.Context) error {
	key, value := "ready:"+rand.Text(), []byte("x")
	if _, err := p.bags.Swap(ctx, key, nil, value, time.Now().Add(time.Minute)); err != nil {
		return err
	}
	if _, err := p.bags.Find(ctx, key); err != nil {
		return err
	}
	if err := p.bags.Delete(ctx, key); err != nil {
		return err
	}
	return p.limits.Check(ctx)
}

// ready says what keeps people from signing in, and what they have to do without.
func (p *parts) ready(ctx context.Context) (broken, missing error) {
	err := p.store.Current(ctx)
	if errors.Is(err, store.ErrNewer) { // while instances are replaced one by one, those of before still serve people
		return nil, fmt.Errorf("database: %w", err)
	}
	if err != nil {
		return fmt.Errorf("database: %w", err), nil
	}
	if err := checkKeys(ctx, p.store, p.sealer); err != nil {
		return fmt.Errorf("keys: %w", err), nil
	}
	if p.pool != nil {
		if err := p.cacheReady(ctx); err != nil {
			return nil, fmt.Errorf("redis: %w", err)
		}
	}
	return nil, nil
}

// readyFor is how long an answer about readiness stands: anybody may ask, as often as they like.
const readyFor = time.Second

// readiness is ready, asked at most once in readyFor, with a line in the log whenever the answer changes.
func (p *parts) readiness(log *slog.Logger) func(context.Context) (error, error) {
	var (
		mu              sync.Mutex
		until           time.Time
		broken, missing error
	)
	return func(ctx context.Context) (error, error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Now().Before(until) {
			return broken, missing
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second) // the next one is told the same
		defer cancel()
		hadBroken, hadMissing := broken != nil, missing != nil
		broken, missing = p.ready(ctx)
		until = time.Now().Add(readyFor)
		if (broken != nil) != hadBroken || (missing != nil) != hadMissing {
			log.WarnContext(ctx, "readiness", "ready", broken == nil, "err", errors.Join(broken, missing))
		}
		return broken, missing
	}
}

// reasons is /readyz for operators: with the reason.
func (p *parts) reasons(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	broken, missing := p.ready(ctx)
	if broken != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := errors.Join(broken, missing); err != nil {
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ok")
}
