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
	// lease is how long an email belongs to the instance that took it. It is longer than an attempt, so that no two
	// instances send the same email unless one of them died.
	lease = 2 * time.Minute
	// pollEvery is how often an instance looks for emails that are due again or that a dead instance had taken.
	pollEvery = 5 * time.Second
	// storeTimeout bounds one write to the database: of a page that sends an email, and of the worker after an attempt.
	storeTimeout = 3 * time.Second
	// defaultValidity is how long an email whose text does not expire is retried.
	defaultValidity = 24 * time.Hour
)

// pauses between the attempts to send one email, 16.5 hours in total.
var pauses = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Hour, 8 * time.Hour,
}

// Options are the parts of an Outbox.
type Options struct {
	Store  Store
	Sealer Sealer
	Sender Sender
	Log    *slog.Logger
	Now    func() time.Time // the clock of the rows, the same for all instances; nil is time.Now
}

// Outbox sends emails in the background. An email is stored as a row before the page is answered, so it survives the
// process; a worker in every instance claims the rows that are due and sends them. No page waits for a mail server, and
// the time of an answer does not reveal whether an email was sent.
//
// An email that is not given up is sent at least once. It is sent twice, with the same Message-ID, if the answer of the
// mail server was lost or the process died before the row was deleted.
type Outbox struct {
	Options
	abandon context.CancelFunc
	done    chan struct{} // the worker has returned
	wake    chan struct{} // this instance has just stored an email
	closing chan struct{}
	close   sync.Once
	givenUp atomic.Int64
}

// NewOutbox starts the worker. Close stops it.
func NewOutbox(o Options) *Outbox {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Outbox{Options: o, abandon: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1), closing: make(chan struct{})}
	go b.work(ctx)
	return b
}

// now is rounded down to microseconds, the precision of PostgreSQL.
func (o *Outbox) now() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }

// Send stores the email and wakes the worker. It reports false for a failure, which it has logged: what the email reports has
// already happened and must not be undone.
func (o *Outbox) Send(l Email) (stored bool) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	if err := enqueue(ctx, o.Store, o.Sealer, l, o.now()); err != nil {
		o.Log.Error("email dropped", "email", l, "error", err)
		return false
	}
	o.Wake()
	return true
}

// Row is an email for a transaction that stores it with what the email is about. Whoever stores it calls Wake afterwards.
func (o *Outbox) Row(l Email) (Row, error) { return seal(o.Sealer, l, o.now()) }

// Wake tells the worker that there is an email to be sent.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// NewRow is an email for a transaction of an operator's command, which ends at once: an instance that is running or started later
// sends it.
func NewRow(sealer Sealer, l Email) (Row, error) {
	return seal(sealer, l, time.Now().UTC().Truncate(time.Microsecond))
}

func enqueue(ctx context.Context, store Store, sealer Sealer, l Email, at time.Time) error {
	row, err := seal(sealer, l, at)
	if err != nil {
		return err
	}
	return store.AddEmail(ctx, row, row.Most())
}

// Close sends what is due and stops the worker. When ctx ends first, it aborts the attempt under way. What was not sent
// stays in the database for another instance or the next start.
func (o *Outbox) Close(ctx context.Context) error {
	o.close.Do(func() { close(o.closing) })
	select {
	case <-o.done:
	case <-ctx.Done():
		o.abandon()
		<-o.done
	}
	return nil
}

// Queued returns how many emails are not sent yet, from all instances.
func (o *Outbox) Queued(ctx context.Context) (int, error) { return o.Store.CountEmails(ctx) }

// GivenUp returns how many emails this instance has given up.
func (o *Outbox) GivenUp() int64 { return o.givenUp.Load() }

func (o *Outbox) work(ctx context.Context) {
	defer close(o.done)
	defer o.abandon()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for last := false; ; {
		o.sendDue(ctx)
		if last {
			return
		}
		select {
		case <-o.wake:
		case <-poll.C:
		case <-o.closing:
			last = true
		}
	}
}

// sendDue sends emails until none is due, one at a time, because all of them go through the same mail server.
func (o *Outbox) sendDue(ctx context.Context) {
	for ctx.Err() == nil {
		at := o.now()
		claiming, cancel := context.WithTimeout(ctx, storeTimeout)
		row, err := o.Store.ClaimEmail(claiming, at, at.Add(lease))
		cancel()
		if errors.Is(err, ErrNoneDue) {
			return
		}
		if err != nil {
			o.Log.Error("outbox cannot be read", "error", err)
			return
		}
		o.attempt(ctx, row)
	}
}

// attempt tries to send one claimed email and stores the outcome.
func (o *Outbox) attempt(ctx context.Context, row Row) {
	l, err := unseal(o.Sealer, row)
	switch {
	case err != nil: // another instance may have the key, and this one after a change of its settings
		err = fmt.Errorf("email %s: %w: %w", row.ID, ErrTemporary, err)
	case !o.now().Before(row.ExpiresAt):
		err = errors.New("too late: its time was up")
	case row.Attempts > len(pauses)+1:
		err = errors.New("no attempt came to an end")
	case l.To != "": // no decoy
		err = o.Sender.Send(ctx, l)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	next := o.next(row)
	switch {
	case err == nil:
		err = o.Store.DeleteEmail(ending, row.ID)
	case ctx.Err() != nil:
		o.Log.Info("email waits for the next start", "email", l, "error", err)
		err = o.Store.PostponeEmail(ending, row, o.now())
	case errors.Is(err, ErrTemporary) && next.Before(row.ExpiresAt):
		o.Log.Warn("email not sent yet", "email", l, "attempts", row.Attempts, "next", next, "error", err)
		err = o.Store.PostponeEmail(ending, row, next)
	default:
		o.givenUp.Add(1)
		o.Log.Error("email given up", "email", l, "attempts", row.Attempts, "error", err)
		err = o.Store.DeleteEmail(ending, row.ID)
	}
	if err != nil { // it is due again when its lease is over
		o.Log.Error("end of an attempt not stored", "email", l, "error", err)
	}
}

// next is when an email is tried again; its expiry when no attempts are left, which means never.
func (o *Outbox) next(row Row) time.Time {
	if row.Attempts > len(pauses) {
		return row.ExpiresAt
	}
	return o.now().Add(pauses[row.Attempts-1])
}
