package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/mail"
)

// metrics counts requests by route pattern, never by URL, and emails, and returns the page that shows the numbers. The
// names of metrics are a contract with dashboards, so those of emails say letters.
func metrics(outbox *mail.Outbox) (observe func(route, method string, status int, took time.Duration), page http.Handler) {
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: brand.Metric("request_seconds"), Help: "Duration of requests by route, method and status.",
		Buckets: prometheus.DefBuckets,
	}, []string{"route", "method", "status"})
	registry := prometheus.NewRegistry()
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: brand.Metric("letters_waiting"), Help: "Emails that are not sent yet, of all instances; NaN while the database is unavailable.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		n, err := outbox.Queued(ctx)
		if err != nil {
			return math.NaN()
		}
		return float64(n)
	})
	givenUp := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: brand.Metric("letters_given_up_total"), Help: "Emails that this instance has given up.",
	}, func() float64 { return float64(outbox.GivenUp()) })
	registry.MustRegister(requests, waiting, givenUp, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	observe = func(route, method string, status int, took time.Duration) {
		if method != http.MethodGet && method != http.MethodPost && method != http.MethodHead {
			method = "other" // a client may invent methods, and each would become a series of its own
		}
		requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
	}
	return observe, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// serveOps serves metrics and profiles on a separate listener, so that they are never public.
func serveOps(ctx context.Context, addr string, metrics http.Handler, reasons http.HandlerFunc, log *slog.Logger) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%s: %w", brand.Env("OPS_ADDR"), err)
	}
	log.InfoContext(ctx, "metrics and profiles are served", "addr", listener.Addr().String()) // port 0 takes a free one
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.Handle("GET /readyz", reasons)
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
