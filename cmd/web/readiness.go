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
	if err := p.store.Current(ctx); err != nil {
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

// readiness is ready with a line in the log whenever the answer changes; it is asked for every few seconds.
func (p *parts) readiness(log *slog.Logger) func(context.Context) (error, error) {
	var mu sync.Mutex
	whole := true
	return func(ctx context.Context) (broken, missing error) {
		broken, missing = p.ready(ctx)
		mu.Lock()
		defer mu.Unlock()
		if now := broken == nil && missing == nil; now != whole {
			whole = now
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
