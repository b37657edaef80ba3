package handlers

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
)

// logRequest writes the one line of a request, by route pattern, because URLs can hold one-time tokens
// (ASVS v5.0.0-14.2.1, 16.2.5).
func (a *app) logRequest(r *http.Request, status int, took time.Duration) {
	x, route := exchangeOf(r), chi.RouteContext(r.Context()).RoutePattern()
	if a.Observe != nil {
		a.Observe(route, r.Method, status, took)
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("id", x.client.RequestID), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took),
	}
	client := x.client
	if x.current != nil {
		client = x.current.User.Recorded(client)
		attrs = append(attrs, slog.String("session", x.current.ID))
	}
	attrs = append(attrs, slog.String("ip", client.IP))
	if x.cause != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("cause", x.cause.Error()))
	}
	a.Log.LogAttrs(r.Context(), level, "request", attrs...)
}
