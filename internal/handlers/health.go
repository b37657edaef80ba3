package handlers

import (
	"context"
	"io"
	"net/http"
	"time"
)

// healthz says that the process answers.
func (a *app) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyz says whether people can be served. Anybody may ask, so it says the word; the reason is in the log and on the listener
// for operations. A portal that is about to stop still serves them, and says no so that a balancer sends the next ones elsewhere.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	if a.Stopping != nil && a.Stopping() {
		plain(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	ask := a.Ready
	if ask == nil {
		ask = func(ctx context.Context) (error, error) { return a.Database.Current(ctx), nil }
	}
	switch broken, missing := ask(ctx); {
	case broken != nil:
		exchangeOf(r).cause = broken
		plain(w, http.StatusServiceUnavailable, "unavailable\n")
	case missing != nil:
		plain(w, http.StatusOK, "degraded\n")
	default:
		plain(w, http.StatusOK, "ok\n")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
