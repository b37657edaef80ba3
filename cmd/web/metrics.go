package main

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/store"
)

// The names of metrics are a contract with dashboards, so those of emails say letters. Labels are from closed sets: whoever could
// choose one could make series without end.

// figures are what is counted and measured of one instance.
type figures struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	events   eventFigures
}

// Buckets for what usually takes less than a request.
var shortBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}

// newFigures has the parts tell what they do. It is called before they are used.
func newFigures(p *parts) *figures {
	f := &figures{registry: prometheus.NewRegistry()}
	f.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: brand.Metric("request_seconds"), Help: "Duration of requests by route, method and status.",
		Buckets: prometheus.DefBuckets,
	}, []string{"route", "method", "status"})
	f.events = newEventFigures()
	p.audit.Observe(f.events.observe)
	f.registry.MustRegister(f.requests, f.events.kinds, f.events.signIns, f.events.endings)
	f.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f.registry.MustRegister(collectors.NewDBStatsCollector(p.store.DB(), "main"))
	f.durations(p)
	f.gauges(p)
	f.program()
	return f
}

// observe counts a request by its route pattern, never by its URL.
func (f *figures) observe(route, method string, status int, took time.Duration) {
	if method != http.MethodGet && method != http.MethodPost && method != http.MethodHead {
		method = "other" // a client may invent methods, and each would become a series of its own
	}
	f.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

func (f *figures) page() http.Handler { return promhttp.HandlerFor(f.registry, promhttp.HandlerOpts{}) }

// durations measures the database, bags and password hashes.
func (f *figures) durations(p *parts) {
	database := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: brand.Metric("database_seconds"), Help: "Duration of reads and writes outside of transactions, and of transactions.", Buckets: shortBuckets,
	}, []string{"kind"})
	for _, kind := range store.Observed {
		database.WithLabelValues(kind)
	}
	p.store.Observe(func(kind string, took time.Duration) { database.WithLabelValues(kind).Observe(took.Seconds()) })
	bags := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: brand.Metric("bag_seconds"), Help: "Duration of reading and writing bags, wherever they are.", Buckets: shortBuckets,
	}, []string{"operation", "result"})
	p.bags = timedBags{p.bags, bags}
	hashes := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: brand.Metric("hash_seconds"), Help: "Duration of password hashes, without the wait for a processor.", Buckets: prometheus.DefBuckets,
	})
	p.auth.ObserveHashes(func(took time.Duration) { hashes.Observe(took.Seconds()) })
	f.registry.MustRegister(database, bags, hashes)
}

// timedBags measures bags.
type timedBags struct {
	bag.Bags
	seconds *prometheus.HistogramVec
}

func (b timedBags) observe(operation string, began time.Time, err error) {
	result := "ok"
	if err != nil {
		result = "error"
	}
	b.seconds.WithLabelValues(operation, result).Observe(time.Since(began).Seconds())
}

// Find implements [bag.Bags].
func (b timedBags) Find(ctx context.Context, key string) (sealed []byte, err error) {
	defer func(began time.Time) { b.observe("find", began, err) }(time.Now())
	return b.Bags.Find(ctx, key)
}

// Swap implements [bag.Bags].
func (b timedBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (swapped bool, err error) {
	defer func(began time.Time) { b.observe("swap", began, err) }(time.Now())
	return b.Bags.Swap(ctx, key, old, sealed, expires)
}

// gauge is a number that is asked for when the page is, NaN for an error.
func gauge(name, help string, ask func(ctx context.Context) (int, error)) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: brand.Metric(name), Help: help}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		n, err := ask(ctx)
		if err != nil {
			return math.NaN()
		}
		return float64(n)
	})
}

// liveEvery is how long the count of sessions stands: it takes a while where there are many.
const liveEvery = 10 * time.Second

// gauges are how much there is at the moment.
func (f *figures) gauges(p *parts) {
	var mu sync.Mutex
	var live, flagged int
	var until time.Time
	count := func(ctx context.Context) error {
		now := audit.Now()
		if !now.After(until) {
			return nil
		}
		l, f, err := p.store.LiveSessions(ctx, now)
		if err != nil { // the next one asks again
			return err
		}
		live, flagged, until = l, f, now.Add(liveEvery)
		return nil
	}
	f.registry.MustRegister(
		gauge("sessions_live", "Sessions that live, of all instances, counted as far as 100,000; NaN while the database is unavailable.", func(ctx context.Context) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			err := count(ctx)
			return live, err
		}),
		gauge("sessions_flagged", "Sessions that live and are flagged as suspicious, of all instances; NaN while the database is unavailable.", func(ctx context.Context) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			err := count(ctx)
			return flagged, err
		}),
		gauge("letters_waiting", "Emails that are not sent yet, of all instances; NaN while the database is unavailable.", p.outbox.Queued),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: brand.Metric("letters_given_up_total"), Help: "Emails that this instance has given up.",
		}, func() float64 { return float64(p.outbox.GivenUp()) }),
		gauge("streams_open", "Open pages that this instance tells of their sessions.", func(context.Context) (int, error) { return p.live.Streams(), nil }),
		gauge("hashes_waiting", "Passwords that wait to be hashed.", func(context.Context) (int, error) { return p.auth.Queue(), nil }),
	)
	if p.pool != nil {
		f.registry.MustRegister(
			gauge("redis_connections", "Connections to Redis.", func(context.Context) (int, error) { return p.pool.ActiveCount(), nil }),
			gauge("redis_connections_idle", "Connections to Redis that nobody uses.", func(context.Context) (int, error) { return p.pool.IdleCount(), nil }),
		)
	}
}

// program says which program it is.
func (f *figures) program() {
	v := versionOf()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: brand.Metric("build_info"), Help: "Always 1; which program it is.",
		ConstLabels: prometheus.Labels{"version": v.Version, "revision": v.Revision, "schema": strconv.FormatInt(v.Schema, 10), "go": v.Go},
	})
	info.Set(1)
	f.registry.MustRegister(info)
}

// sweepAge says how long ago a sweep succeeded last, counted from the start. The returned function is called when it did.
func (f *figures) sweepAge(name string) (succeeded func()) {
	var mu sync.Mutex
	last := time.Now()
	f.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: brand.Metric("sweep_age_seconds"), Help: "How long ago the sweep succeeded last.", ConstLabels: prometheus.Labels{"sweep": name},
	}, func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return time.Since(last).Seconds()
	}))
	return func() {
		mu.Lock()
		defer mu.Unlock()
		last = time.Now()
	}
}
