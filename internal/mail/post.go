package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// queueSize is how many letters may wait for the worker, and how many more for
// their next attempt.
const queueSize = 1000

// pauses between attempts to send one letter. The links in letters live for
// half an hour or more, and a mail server that is being restarted is back sooner.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 3 * time.Minute, 15 * time.Minute}

// Post sends letters in the background, so that no page waits for a mail
// server and no answer's timing tells whether a letter went out. Letters that
// are still waiting are lost when the process dies.
type Post struct {
	sender  Sender
	log     *slog.Logger
	pauses  []time.Duration
	abandon context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex // nobody sends on queue while it is being closed
	closed bool
	queue  chan Letter
}

// waiting is a letter between two attempts.
type waiting struct {
	letter   Letter
	attempts int
	due      time.Time
}

// NewPost starts the worker that hands letters to sender. Close stops it.
func NewPost(sender Sender, log *slog.Logger) *Post {
	return newPost(sender, log, queueSize, pauses)
}

func newPost(sender Sender, log *slog.Logger, size int, pauses []time.Duration) *Post {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Post{
		sender:  sender,
		log:     log,
		pauses:  pauses,
		abandon: cancel,
		done:    make(chan struct{}),
		queue:   make(chan Letter, size),
	}
	go p.work(ctx)
	return p
}

// Send takes the letter and returns at once. A letter that finds the queue full
// or the post closed is dropped and logged.
func (p *Post) Send(l Letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.log.Error("letter dropped, the post is closed", "letter", l)
		return
	}
	select {
	case p.queue <- l:
	default:
		p.log.Error("letter dropped, the queue is full", "letter", l)
	}
}

// Close takes no more letters and waits until each one in hand was sent or
// given up; letters between two attempts get their last one now. When ctx ends
// first, what is left is given up and logged, and the error is ctx's.
func (p *Post) Close(ctx context.Context) error {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.queue)
	}
	p.mu.Unlock()

	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.abandon()
		<-p.done
		return fmt.Errorf("closing the post: %w", ctx.Err())
	}
}

// work is the one worker. A letter that has to be tried again waits aside, or
// an address whose server always says "later" would hold up everybody's mail.
func (p *Post) work(ctx context.Context) {
	defer close(p.done)
	defer p.abandon()
	var aside []waiting // soonest first
	for {
		var due <-chan time.Time
		if len(aside) > 0 {
			due = time.After(time.Until(aside[0].due))
		}
		var next waiting
		select {
		case l, open := <-p.queue:
			if !open {
				for _, w := range aside {
					p.attempt(ctx, w, true)
				}
				return
			}
			next = waiting{letter: l}
		case <-due:
			next, aside = aside[0], aside[1:]
		}
		if w, again := p.attempt(ctx, next, len(aside) >= cap(p.queue)); again {
			aside = append(aside, w)
			slices.SortStableFunc(aside, func(a, b waiting) int { return a.due.Compare(b.due) })
		}
	}
}

// attempt sends the letter. It returns true, and when to try again, unless the
// letter was sent or given up.
func (p *Post) attempt(ctx context.Context, w waiting, last bool) (waiting, bool) {
	err := p.sender.Send(ctx, w.letter)
	if err == nil {
		return w, false
	}
	w.attempts++
	if last || w.attempts > len(p.pauses) || ctx.Err() != nil || !errors.Is(err, ErrTemporary) {
		p.log.Error("letter given up", "letter", w.letter, "attempts", w.attempts, "error", err)
		return w, false
	}
	pause := p.pauses[w.attempts-1]
	w.due = time.Now().Add(pause)
	p.log.Warn("letter not sent yet", "letter", w.letter, "attempts", w.attempts, "next", pause, "error", err)
	return w, true
}
