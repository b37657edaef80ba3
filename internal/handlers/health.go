package handlers

import (
	"context"
	"io"
	"net/http"
	"time"
)

// healthz says that the process answers.
func (a *app) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyz says whether people can be served: not without the database; without Redis they can, so it is a warning. A portal
// that is about to stop still serves them, and says no so that a balancer sends the next ones elsewhere.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	if a.Stopping != nil && a.Stopping() {
		plain(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.Database.Ping(ctx); err != nil {
		exchangeOf(r).cause = err
		plain(w, http.StatusServiceUnavailable, "database: unavailable\n")
		return
	}
	if a.CacheReady != nil && a.CacheReady(ctx) != nil {
		plain(w, http.StatusOK, "database: ok\nwarning: redis is unavailable; sessions work, baskets do not\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
