package lab

import (
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"example.com/gatehouse/internal/twin"
)

// A Bench is one lab, set up for one learner: a twin under an address of its own, and the people on it.
type Bench struct {
	Lab     Lab
	Version string
	Address string // below the origin of the twin, without slashes
	Origin  string

	learner string
	portal  *twin.Portal
	handler http.Handler
	asked   atomic.Int64

	acting sync.Mutex // one move at a time
	phone  *browser   // of the victim
	slow   *io.PipeWriter
	held   *time.Timer   // ends it
	slowed chan struct{} // closed when the slow request is answered

	mu      sync.Mutex
	last    Attack // of the learner, for the form that it was written in
	facts   facts
	solved  time.Time
	used    time.Time
	log     []Exchange
	outcome *Outcome // of the same steps on the portal, nil before they were made
}

// facts are what has happened on a bench so far.
type facts struct {
	victim, attacker account
	guesses          []string        // passwords of which the victim has one
	did              map[string]bool // by the victim, since the attacker last took anything
	copied           string          // cookie that the attacker copied
	began            time.Time       // the victim's session
	heard            []string        // what reached the attacker's own server
}

type account struct{ email, password string }

const (
	idleLimit = 20 * time.Minute
	lifetime  = 2 * time.Hour
	maxLog    = 60
	maxAsked  = 3000 // requests of one bench: each may leave a record behind
)

func newBench(origin string, l Lab, version string, faults []twin.Fault) *Bench {
	b := &Bench{Lab: l, Version: version, Origin: origin, Address: strings.ToLower(rand.Text()[:12]), used: time.Now()}
	b.facts = facts{
		victim:   account{"vera@" + b.Address + ".example", strings.ToLower(rand.Text())},
		attacker: account{"mallory@" + b.Address + ".example", "my own password"}, did: map[string]bool{},
	}
	if l.Guesses > 0 {
		b.facts.guesses = passwords(l.Guesses)
		// Late in the list, so that a portal that counts failures would have stopped before.
		b.facts.victim.password = b.facts.guesses[l.Guesses/2+mathrand.IntN(l.Guesses/2)] //nolint:gosec // what is guessed here protects nothing
	}
	o := twin.Options{
		Store: memstore.NewWithCleanupInterval(0), Faults: faults, Idle: idleLimit, Lifetime: lifetime, Prefix: "/" + b.Address,
		Accounts:  []string{b.facts.victim.email, b.facts.attacker.email},
		Passwords: map[string]string{b.facts.victim.email: b.facts.victim.password, b.facts.attacker.email: b.facts.attacker.password},
		Banner:    "This is the weak twin of a lab, made to be broken into. Nothing in it is real: type no password of yours.",
		Board:     l.Board, Bank: l.Bank, Opened: b.pageOpened,
	}
	if l.Lifetime > 0 {
		o.Idle, o.Lifetime = l.Lifetime, l.Lifetime
	}
	b.portal = twin.New(o)
	b.handler, b.phone = b.portal.Handler(), newBrowser(victim)
	return b
}

// passwords are what people choose, with a number behind it.
func passwords(n int) []string {
	words := []string{"summer", "winter", "dragon", "monkey", "football", "princess", "sunshine", "lantern", "welcome", "harbour"}
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%d", words[i%len(words)], 1+i/len(words))
	}
	return list
}

// ServeHTTP is the twin of this bench. Everything that it is asked and answers is written down.
func (b *Bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.asked.Add(1) > maxAsked {
		http.Error(w, "This twin was asked more than a lab needs. Begin the lab again.", http.StatusTooManyRequests)
		return
	}
	onlyCookie(r.Header, b.portal.Cookie.Name)
	e := newExchange(whoOf(r), b.short(r.URL.RequestURI()), r)
	r.Body = &heardBody{ReadCloser: http.MaxBytesReader(w, r.Body, 16<<10)}
	rec := &answerHeard{ResponseWriter: w}
	b.handler.ServeHTTP(rec, r)
	e.finish(r.Body.(*heardBody).text.String(), rec)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used = time.Now()
	if b.log = append(b.log, e); len(b.log) > maxLog {
		b.log = slices.Delete(b.log, 0, len(b.log)-maxLog)
	}
	if b.Lab.happened != nil && b.Lab.happened(b) {
		b.solve()
	}
}

// onlyCookie leaves the cookies of one name, as they were written. Browsers keep cookies by host, not by port, so a learner's own
// browser sends those of the portal too, and what is sent to a twin is shown.
func onlyCookie(h http.Header, name string) {
	var ours []string
	for _, line := range h.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			if of, _, _ := strings.Cut(pair, "="); of == name {
				ours = append(ours, pair)
			}
		}
	}
	if h.Del("Cookie"); ours != nil {
		h.Set("Cookie", strings.Join(ours, "; "))
	}
}

// short is a path without the address of the bench.
func (b *Bench) short(path string) string { return strings.TrimPrefix(path, "/"+b.Address) }

// pageOpened is told by the twin of each page that was opened for somebody.
func (b *Bench) pageOpened(r *http.Request, o twin.Opening) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if whoOf(r) == you && b.Lab.opened != nil && b.Lab.opened(b, o) {
		b.solve()
	}
}

func (b *Bench) solve() {
	if b.solved.IsZero() {
		b.solved = time.Now().UTC()
	}
}

// Solved is when the effect was seen; zero if it was not yet.
func (b *Bench) Solved() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.solved
}

// Used is when the bench was last asked for anything.
func (b *Bench) Used() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// victimsPage is the effect of most labs: the attacker opened a page of the victim's, after what should have kept them out.
func victimsPage(after string) func(*Bench, twin.Opening) bool {
	return func(b *Bench, o twin.Opening) bool {
		return o.User == b.facts.victim.email && (after == "" || b.facts.did[after])
	}
}

// close lets go of a request that is still held.
func (b *Bench) close() {
	b.acting.Lock()
	defer b.acting.Unlock()
	if b.slow != nil {
		_ = b.slow.CloseWithError(io.ErrUnexpectedEOF)
		b.letGo()
	}
}

// letGo waits for the answer to the slow request, whose body has ended.
func (b *Bench) letGo() {
	b.held.Stop()
	<-b.slowed
	b.slow = nil
}
