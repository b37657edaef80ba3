package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxWaiting bounds how many letters wait to leave. Limits per reader and network come before it; this one keeps a
	// flood that got past them from filling the database.
	maxWaiting = 10_000
	// lease is how long nobody else takes a letter that one instance is sending: more than an attempt and its end take.
	lease = 2 * time.Minute
	// pollEvery is how often an instance looks for letters that are due again, or that another one left behind.
	pollEvery = 5 * time.Second
	// storeWithin bounds how long a page can wait for the row of its letter, and the end of an attempt for its own.
	storeWithin = 3 * time.Second
	// worthReading is how long a letter without a link that dies is sent for.
	worthReading = 24 * time.Hour
)

// pauses between the attempts to send one letter: 16 hours and a half in all.
var pauses = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Hour, 8 * time.Hour,
}

// Options are the parts of a Post.
type Options struct {
	Store  Store
	Sealer Sealer
	Sender Sender
	Log    *slog.Logger
	Now    func() time.Time // the clock of the rows, the same for all instances; nil is time.Now
}

// Post sends letters behind the answer. A letter is a row before the answer goes out, so it survives the process; a
// worker in every instance takes the rows that are due, one instance each, and sends them. No page waits for a mail
// server, and no answer's timing tells whether a letter arrived.
//
// A letter that is not given up is sent at least once, under one Message-ID. It is sent twice if the mail server took it
// and the answer was lost, or if the process died before the row was deleted; who looks at Message-IDs can tell.
type Post struct {
	Options
	abandon context.CancelFunc
	done    chan struct{} // the worker has returned
	wake    chan struct{} // a letter of this instance is due
	closing chan struct{}
	close   sync.Once
	givenUp atomic.Int64
}

// NewPost starts the worker. Close stops it.
func NewPost(o Options) *Post {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Post{Options: o, abandon: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1), closing: make(chan struct{})}
	go p.work(ctx)
	return p
}

// now is no finer than PostgreSQL keeps time.
func (p *Post) now() time.Time { return p.Now().UTC().Truncate(time.Microsecond) }

// Send stores the letter, to be sent as soon as this call has returned. What the letter is about has happened: where it
// cannot be stored there is one line in the log, and nothing else fails.
func (p *Post) Send(l Letter) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	if err := leave(ctx, p.Store, p.Sealer, l, p.now()); err != nil {
		p.Log.Error("letter dropped", "letter", l, "error", err)
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Leave stores a letter for whichever instance runs, or runs next. It is for programs that end at once.
func Leave(ctx context.Context, store Store, sealer Sealer, l Letter) error {
	return leave(ctx, store, sealer, l, time.Now().UTC().Truncate(time.Microsecond))
}

func leave(ctx context.Context, store Store, sealer Sealer, l Letter, at time.Time) error {
	row, err := seal(sealer, l, at)
	if err != nil {
		return err
	}
	return store.AddLetter(ctx, row, maxWaiting)
}

// Close sends what is due and stops the worker; letters that come later wait for another instance or the next start. When
// ctx ends first, so does the attempt under way, and its letter waits too.
func (p *Post) Close(ctx context.Context) error {
	p.close.Do(func() { close(p.closing) })
	select {
	case <-p.done:
	case <-ctx.Done():
		p.abandon()
		<-p.done
	}
	return nil
}

// Waiting returns how many letters have yet to leave, from all instances.
func (p *Post) Waiting(ctx context.Context) (int, error) { return p.Store.CountLetters(ctx) }

// GivenUp returns how many letters this instance has given up.
func (p *Post) GivenUp() int64 { return p.givenUp.Load() }

func (p *Post) work(ctx context.Context) {
	defer close(p.done)
	defer p.abandon()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for last := false; ; {
		p.sendDue(ctx)
		if last {
			return
		}
		select {
		case <-p.wake:
		case <-poll.C:
		case <-p.closing:
			last = true
		}
	}
}

// sendDue takes letters until none is due. One at a time is enough: they differ in their readers, not in the mail server.
func (p *Post) sendDue(ctx context.Context) {
	for ctx.Err() == nil {
		at := p.now()
		row, err := p.Store.ClaimLetter(ctx, at, at.Add(lease))
		if errors.Is(err, ErrNoLetter) {
			return
		}
		if err != nil {
			p.Log.Error("letters cannot be read", "error", err)
			return
		}
		p.attempt(ctx, row)
	}
}

// attempt sends one letter that this instance has taken, and writes what became of it.
func (p *Post) attempt(ctx context.Context, row Row) {
	l, err := unseal(p.Sealer, row)
	switch {
	case err != nil:
		err = fmt.Errorf("letter %s: %w", row.ID, err)
	case !p.now().Before(row.ExpiresAt):
		err = errors.New("too late: its time was up")
	case row.Attempts > len(pauses)+1:
		err = errors.New("no attempt came to an end")
	default:
		err = p.Sender.Send(ctx, l)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	next := p.next(row)
	switch {
	case err == nil:
		err = p.Store.DropLetter(ending, row.ID)
	case ctx.Err() != nil:
		p.Log.Info("letter waits for the next start", "letter", l, "error", err)
		err = p.Store.PostponeLetter(ending, row, p.now())
	case errors.Is(err, ErrTemporary) && next.Before(row.ExpiresAt):
		p.Log.Warn("letter not sent yet", "letter", l, "attempts", row.Attempts, "next", next, "error", err)
		err = p.Store.PostponeLetter(ending, row, next)
	default:
		p.givenUp.Add(1)
		p.Log.Error("letter given up", "letter", l, "attempts", row.Attempts, "error", err)
		err = p.Store.DropLetter(ending, row.ID)
	}
	if err != nil { // it is due again when its lease is over
		p.Log.Error("end of an attempt not stored", "letter", l, "error", err)
	}
}

// next is when a letter is tried again, not before it expires for one whose attempts are used up.
func (p *Post) next(row Row) time.Time {
	if row.Attempts > len(pauses) {
		return row.ExpiresAt
	}
	return p.now().Add(pauses[row.Attempts-1])
}
