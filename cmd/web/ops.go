package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts requests by route pattern, never by URL, and returns the page that shows the numbers.
func metrics() (observe func(route, method string, status int, took time.Duration), page http.Handler) {
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "gatehouse_request_seconds", Help: "Duration of requests by route, method and status.",
		Buckets: prometheus.DefBuckets,
	}, []string{"route", "method", "status"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	observe = func(route, method string, status int, took time.Duration) {
		if method != http.MethodGet && method != http.MethodPost && method != http.MethodHead {
			method = "other" // a client may send any word, and each would be a series of its own
		}
		requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
	}
	return observe, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// serveOps serves metrics and profiles on a listener of their own, which the public one never shows.
func serveOps(ctx context.Context, addr string, metrics http.Handler, log *slog.Logger) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("GATEHOUSE_OPS_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
