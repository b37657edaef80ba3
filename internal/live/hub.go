// Package live tells open pages what becomes of their sessions. Every ending, flag and rotation leaves news in the database;
// a hub reads them for all streams of its instance, and bounds how many streams there are. Rows need neither a connection of
// their own, as LISTEN does, nor a balancer that brings a browser back to the same instance. The package knows neither HTTP nor SQL, nor
// what a page does with what it hears.
package live

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"example.com/gatehouse/internal/audit"
)

// A Kind says what became of a session.
type Kind string

// The kinds of news.
const (
	Ended    Kind = "ended"    // with its reason
	Flagged  Kind = "flagged"  // with the flag as its reason
	Extended Kind = "extended" // somebody said that they are still there
	Rotated  Kind = "rotated"  // it has another token: a stream of the old one is over
)

// News is what became of one session.
type News struct {
	ID, Session string
	Kind        Kind
	Reason      string
}

// A Store keeps news for a few minutes, dated when they were written.
type Store interface {
	// News returns what was written after a time, the oldest first, and at most limit.
	News(ctx context.Context, since time.Time, limit int) ([]News, error)
	AddNews(ctx context.Context, n News, at time.Time) error
	PruneNews(ctx context.Context, before time.Time) error
}

const (
	every      = 500 * time.Millisecond // between two reads
	readWithin = 5 * time.Second
	// overlap is how far back each read goes behind the one before: news are dated before their transaction is committed,
	// and by the clock of another instance.
	overlap = 15 * time.Second
	// lostAfter is how long reads may fail until news may have been missed. It is shorter than keep by more than overlap.
	lostAfter = time.Minute
	keep      = 2 * time.Minute

	extendedEvery = 5 * time.Second
	maxRead       = 5000 // rows of one read
)

// The bounds of one instance. A browser needs one stream, and one more for each window where it has no locks.
const (
	MaxOfSession = 4
	MaxOfNetwork = 512 // a company may be behind one address
	maxOpen      = 20_000
)

// A Hub hands the news to the streams of one instance. It reads only while there are streams: one query each half second,
// however many they are.
type Hub struct {
	store Store
	log   *slog.Logger

	mu       sync.Mutex
	sessions map[string][]*Stream // the oldest first
	networks map[string]int
	open     int
	reading  bool
	stopped  bool
}

// New returns a hub without streams.
func New(s Store, log *slog.Logger) *Hub {
	return &Hub{store: s, log: log, sessions: map[string][]*Stream{}, networks: map[string]int{}}
}

// Open returns a stream of the news of a session, nil where there is no room for it or the hub has stopped. network bounds
// what one client can hold, "" bounds nothing; flag is what the page knows already. One session may have MaxOfSession: the
// oldest makes room, because its connection may be lost without a sign.
func (h *Hub) Open(session, network, flag string) *Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	if of := h.sessions[session]; len(of) >= MaxOfSession {
		h.remove(of[0])
	}
	if h.stopped || h.open >= maxOpen || network != "" && h.networks[network] >= MaxOfNetwork {
		return nil
	}
	s := &Stream{hub: h, session: session, network: network, flag: flag, fresh: true, news: make(chan News, 2)}
	h.sessions[session] = append(h.sessions[session], s)
	h.networks[network]++
	h.open++
	if !h.reading {
		h.reading = true
		go h.read()
	}
	return s
}

// Streams is how many are open.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open
}

// remove takes a stream out, once. The lock is held.
func (h *Hub) remove(s *Stream) {
	of := h.sessions[s.session]
	i := slices.Index(of, s)
	if i < 0 {
		return
	}
	if h.sessions[s.session] = slices.Delete(of, i, i+1); len(of) == 1 {
		delete(h.sessions, s.session)
	}
	if h.networks[s.network]--; h.networks[s.network] == 0 {
		delete(h.networks, s.network)
	}
	h.open--
	close(s.news)
}

// Stop closes all streams and opens none from now on.
func (h *Hub) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	h.closeAll()
}

// closeAll closes the streams: their pages come back a moment later, each at its own, and are told how their session is. The
// lock is held.
func (h *Hub) closeAll() {
	for _, of := range h.sessions {
		for _, s := range slices.Clone(of) {
			h.remove(s)
		}
	}
}

// Extended leaves news of a session whose user said that they are still there, once in extendedEvery, however often that is said.
// Without them other pages learn it when they ask.
func (h *Hub) Extended(ctx context.Context, session string) {
	at := audit.Now()
	id := fmt.Sprintf("%s.%d", session, at.Unix()/int64(extendedEvery/time.Second))
	if err := h.store.AddNews(ctx, News{ID: id, Session: session, Kind: Extended}, at); err != nil {
		h.log.WarnContext(ctx, "news not written", "session", session, "err", err)
	}
}

// Sweep deletes old news.
func (h *Hub) Sweep(ctx context.Context) error { return h.store.PruneNews(ctx, audit.Now().Add(-keep)) }
