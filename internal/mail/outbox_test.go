package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/mail/mailtest"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// book is a log that a test reads while the outbox writes.
type book struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *book) wantLines(t *testing.T, message string, want int) {
	t.Helper()
	if got := strings.Count(b.String(), message); got != want {
		t.Errorf("lines with %q: got %d, want %d, in log\n%s", message, got, want, b)
	}
}

// noSecret checks text that operators or somebody with a stolen database can read.
func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"canary", "marta"} {
		if strings.Contains(text, secret) {
			t.Errorf("got %q, want it without %q", text, secret)
		}
	}
}

var key = bytes.Repeat([]byte{7}, 32)

// outboxTest is an outbox with its log and database.
type outboxTest struct {
	*mail.Outbox
	log *book
	db  *store.Store
}

func newOutbox(t *testing.T, db *store.Store, sender mail.Sender) outboxTest {
	t.Helper()
	sealer, err := seal.New([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	log := &book{}
	p := mail.NewOutbox(mail.Options{Store: db, Sealer: sealer, Sender: sender, Log: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	return outboxTest{p, log, db}
}

func (d outboxTest) wantWaiting(t *testing.T, want int) {
	t.Helper()
	if got, err := d.Queued(t.Context()); got != want || err != nil {
		t.Errorf("emails waiting: got %d, %v, want %d", got, err, want)
	}
}

// newEmail returns an email with secrets in it.
func newEmail() mail.Email {
	return mail.Composer{Base: "https://portal.example.com"}.ConfirmSignUp("marta@example.org", "canarytoken", time.Now(), "Firefox on Linux", 24*time.Hour)
}

// at is the client of a mail server.
func at(t *testing.T, s *mailtest.Server) *mail.SMTP {
	t.Helper()
	c, err := mail.NewSMTP("smtp://"+s.Addr, "Gatehouse <no-reply@portal.example.com>")
	if err != nil {
		t.Fatal(err)
	}
	return c.Trust(s.Roots)
}

// fakeSender records when it was called and returns the result of answer.
type fakeSender struct {
	answer func() error
	mu     sync.Mutex
	tried  []time.Time
}

func (s *fakeSender) attempts() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tried)
}

func (s *fakeSender) Send(context.Context, mail.Email) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, time.Now())
	return s.answer()
}

func away() error { return fmt.Errorf("server %w", mail.ErrTemporary) }

// hung is a mail server that never answers.
type hung struct{ working chan struct{} }

func (h hung) Send(ctx context.Context, _ mail.Email) error {
	h.working <- struct{}{}
	<-ctx.Done()
	return fmt.Errorf("%w: %w", mail.ErrTemporary, ctx.Err())
}

// An email is sent at once, without waiting for the next poll, and its row is deleted.
func TestOutboxIsPrompt(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSender{answer: func() error { return nil }}
		p, start := newOutbox(t, db, s), time.Now()
		synctest.Wait()
		p.Send(newEmail())
		synctest.Wait()
		if len(s.attempts()) != 1 || !s.attempts()[0].Equal(start) {
			t.Errorf("got attempts %v, want one at %s", s.attempts(), start)
		}
		p.wantWaiting(t, 0)
		time.Sleep(time.Hour)
		if len(s.attempts()) != 1 {
			t.Errorf("got %d attempts, want 1", len(s.attempts()))
		}
	})
}

// The pauses grow, each exact to one polling interval. Then the email is given up and its row deleted.
func TestOutboxPausesGrow(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSender{answer: away}
		p, due := newOutbox(t, db, s), time.Now()
		p.Send(newEmail())
		time.Sleep(30 * time.Hour)
		if len(s.attempts()) != len(mail.Pauses)+1 {
			t.Fatalf("got %d attempts, want %d", len(s.attempts()), len(mail.Pauses)+1)
		}
		for i, tried := range s.attempts() {
			if late := tried.Sub(due); late < 0 || late > mail.PollEvery {
				t.Errorf("attempt %d: got %s, want %s", i+1, tried, due)
			}
			if i < len(mail.Pauses) {
				due = tried.Add(mail.Pauses[i])
			}
		}
		p.log.wantLines(t, "given up", 1)
		p.log.wantLines(t, "not sent yet", len(mail.Pauses))
		p.wantWaiting(t, 0)
		if n := p.GivenUp(); n != 1 {
			t.Errorf("given up: got %d, want 1", n)
		}
		noSecret(t, p.log.String())
	})
}

// An email whose link has expired, or expires before the next attempt, is not sent.
func TestOutboxDropsDeadLinks(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSender{answer: away}
		p, start := newOutbox(t, db, s), time.Now()
		p.Send(newEmail().Expiring(30 * time.Minute))
		time.Sleep(20 * time.Hour)
		if last := s.attempts()[len(s.attempts())-1].Sub(start); len(s.attempts()) != 5 || last >= 30*time.Minute {
			t.Errorf("got %d attempts, the last after %s, want 5 within 30 minutes", len(s.attempts()), last)
		}
		p.log.wantLines(t, "given up", 1)
		p.wantWaiting(t, 0)

		// The same after a time in which no instance ran.
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Send(newEmail().Expiring(30 * time.Minute))
		time.Sleep(30 * time.Minute)
		late := &fakeSender{answer: func() error { return nil }}
		next := newOutbox(t, db, late)
		synctest.Wait()
		if len(late.attempts()) != 0 {
			t.Error("an email was sent whose link was dead")
		}
		next.log.wantLines(t, "its time was up", 1)
		next.wantWaiting(t, 0)
	})
}

// An email that a dead instance had claimed is sent by another when the lease is over, not before.
func TestOutboxTakesOverAfterACrash(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		dead := newOutbox(t, db, hung{make(chan struct{}, 1)})
		_ = dead.Close(t.Context())
		dead.Send(newEmail())
		taken := time.Now()
		if _, err := db.ClaimEmail(t.Context(), taken, taken.Add(mail.Lease)); err != nil {
			t.Fatal(err)
		}
		s := &fakeSender{answer: func() error { return nil }}
		p := newOutbox(t, db, s)
		time.Sleep(mail.Lease + 2*mail.PollEvery)
		if len(s.attempts()) != 1 || s.attempts()[0].Sub(taken) < mail.Lease {
			t.Errorf("got attempts %v, want one when the lease from %s is over", s.attempts(), taken)
		}
		p.wantWaiting(t, 0)
	})
}

// An email that kills the process in every attempt is given up too.
func TestOutboxEndsCrashes(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		p := newOutbox(t, db, &fakeSender{answer: away})
		_ = p.Close(t.Context())
		p.Send(newEmail())
		for range len(mail.Pauses) + 1 {
			if _, err := db.ClaimEmail(t.Context(), time.Now(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		s := &fakeSender{answer: func() error { return nil }}
		next := newOutbox(t, db, s)
		synctest.Wait()
		if len(s.attempts()) != 0 {
			t.Error("got one attempt more")
		}
		next.log.wantLines(t, "no attempt came to an end", 1)
		next.wantWaiting(t, 0)
	})
}

// Several instances on one database send each email once.
func TestOutboxSharesTheWork(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			db, want := open(t), map[string]int{}
			var boxes []*mail.Mailbox
			var outboxes []outboxTest
			for range 3 {
				box := &mail.Mailbox{}
				boxes, outboxes = append(boxes, box), append(outboxes, newOutbox(t, db, box))
			}
			var sending sync.WaitGroup
			for i := range 20 { // at the same time, but few: a store writes one row at a time, and Send has a timeout
				some := []mail.Email{newEmail(), newEmail(), newEmail()}
				for _, l := range some {
					want[l.ID] = 1
				}
				sending.Go(func() {
					for _, l := range some {
						outboxes[i%3].Send(l)
					}
				})
			}
			sending.Wait()
			for _, p := range outboxes {
				_ = p.Close(t.Context())
			}
			_ = newOutbox(t, db, boxes[0]).Close(t.Context()) // sends what the others had not claimed yet
			got := map[string]int{}
			for _, box := range boxes {
				for _, l := range box.Emails() {
					got[l.ID]++
				}
			}
			for id := range want {
				if got[id] != 1 {
					t.Errorf("email %s: sent %d times, want once", id, got[id])
				}
			}
			outboxes[0].wantWaiting(t, 0)
		})
	}
}

// A page waits for one row, never for a mail server.
func TestSendDoesNotWait(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		h, start := hung{make(chan struct{}, 1)}, time.Now()
		p := newOutbox(t, db, h)
		for range 5 {
			p.Send(newEmail())
		}
		<-h.working
		if took := time.Since(start); took > time.Second { // a lock on the database may take some of it
			t.Errorf("Send: took %s, want no time", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
		// No email is lost, and none has to wait for the end of a lease.
		p.log.wantLines(t, "given up", 0)
		p.log.wantLines(t, "waits for the next start", 1)
		box := &mail.Mailbox{}
		_ = newOutbox(t, db, box).Close(t.Context())
		if n := len(box.Emails()); n != 5 {
			t.Errorf("emails after the next start: got %d, want 5", n)
		}
	})
}

// lastMoment is a store that calls nothing each time the worker finds no email due.
type lastMoment struct {
	*store.Store
	nothing func()
}

func (s *lastMoment) ClaimEmail(ctx context.Context, at, until time.Time) (mail.Row, error) {
	r, err := s.Store.ClaimEmail(ctx, at, until)
	if err != nil {
		s.nothing()
	}
	return r, err
}

// What is stored before Close is sent before the worker ends, even at the last moment.
func TestCloseSendsWhatIsDue(t *testing.T) {
	db := storetest.SQLite(t)
	sealer, err := seal.New([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			box, ready, closed := &mail.Mailbox{}, make(chan *mail.Outbox, 1), make(chan error, 1)
			var once sync.Once
			s := &lastMoment{db, func() {
				once.Do(func() {
					p := <-ready
					p.Send(newEmail())
					go func() { closed <- p.Close(context.Background()) }()
					time.Sleep(time.Second)
				})
			}}
			ready <- mail.NewOutbox(mail.Options{Store: s, Sealer: sealer, Sender: box, Log: slog.New(slog.DiscardHandler)})
			if err := <-closed; err != nil {
				t.Errorf("Close: got %v, want nil", err)
			}
			if n := len(box.Emails()); n != 1 {
				t.Errorf("emails sent: got %d, want 1", n)
			}
		})
	}
}

// A closed outbox still stores emails, for other instances to send.
func TestSendAfterClose(t *testing.T) {
	box := &mail.Mailbox{}
	p := newOutbox(t, storetest.SQLite(t), box)
	for range 2 {
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
	}
	p.Send(newEmail())
	p.wantWaiting(t, 1)
	if n := len(box.Emails()); n != 0 {
		t.Errorf("emails sent: got %d, want none", n)
	}
}

// An email that cannot be stored costs one line in the log.
func TestSendWithoutADatabase(t *testing.T) {
	db := storetest.SQLite(t)
	p := newOutbox(t, db, &mail.Mailbox{})
	_ = db.Close()
	p.Send(newEmail())
	p.log.wantLines(t, "email dropped", 1)
	noSecret(t, p.log.String())
}

// The outbox holds at most MaxQueued emails, so a flood does not fill the database.
func TestOutboxBoundsTheTable(t *testing.T) {
	db := storetest.SQLite(t)
	p := newOutbox(t, db, &fakeSender{answer: away})
	_ = p.Close(t.Context())
	_, err := db.DB().ExecContext(t.Context(), `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO letters (id, sealed, attempts, created_at, due_at, expires_at) SELECT i, '', 0, $2, $2, $2 FROM n`, mail.MaxQueued-1, time.Now().UTC())
	if err != nil {
		t.Fatal(err)
	}
	p.Send(newEmail())
	p.log.wantLines(t, "email dropped", 0)
	p.Send(newEmail())
	p.log.wantLines(t, "email dropped", 1)
	p.log.wantLines(t, "too many emails in the outbox", 1)
	p.wantWaiting(t, mail.MaxQueued)
}

// The table reveals neither recipients nor texts, and an encrypted text opens in its own row only.
func TestRowsAreSealed(t *testing.T) {
	db := storetest.SQLite(t)
	p := newOutbox(t, db, &mail.Mailbox{})
	_ = p.Close(t.Context())
	p.Send(newEmail())
	var sealed []byte
	if err := db.DB().QueryRowContext(t.Context(), `SELECT sealed FROM letters`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	noSecret(t, string(sealed))
	if _, err := db.DB().ExecContext(t.Context(), `UPDATE letters SET id = 'moved'`); err != nil {
		t.Fatal(err)
	}
	box := &mail.Mailbox{}
	next := newOutbox(t, db, box)
	_ = next.Close(t.Context())
	if len(box.Emails()) != 0 {
		t.Error("an email was sent from another row than its own")
	}
	next.log.wantLines(t, "not sent yet", 1)
	next.wantWaiting(t, 1)
}

// Everything that a mail server can do with an email, through the real client.
func TestOutboxAndMailServers(t *testing.T) {
	answer := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "no marta canarytoken"}
	}
	for name, tt := range map[string]struct {
		fault    func(s *mailtest.Server, first func() bool)
		arrived  int
		attempts int
	}{
		"says later": {func(s *mailtest.Server, first func() bool) {
			s.Data = func(string) error {
				if first() {
					return answer(451)
				}
				return nil
			}
		}, 1, 2},
		"refuses the reader for good": {func(s *mailtest.Server, _ func() bool) {
			s.Rcpt = func(string) error { return answer(550) }
		}, 0, 1},
		"drops in the middle":                  {func(s *mailtest.Server, first func() bool) { s.Vanish = first }, 1, 2},
		"takes it and drops before the answer": {func(s *mailtest.Server, first func() bool) { s.Hangup = first }, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			db, s, attempts := storetest.SQLite(t), &mailtest.Server{}, 0
			tt.fault(s, func() bool { attempts++; return attempts == 1 })
			s.Start(t)
			synctest.Test(t, func(t *testing.T) {
				p, l := newOutbox(t, db, at(t, s)), newEmail()
				p.Send(l)
				time.Sleep(time.Minute)
				synctest.Wait()
				_ = p.Close(t.Context())
				var ids []string
				for _, arrived := range s.Emails() {
					ids = append(ids, arrived.Message(t).Header.Get("Message-Id"))
				}
				if want := slices.Repeat([]string{"<" + l.ID + "@portal.example.com>"}, tt.arrived); !slices.Equal(ids, want) {
					t.Errorf("emails at the server: got %v, want %v", ids, want)
				}
				p.log.wantLines(t, "not sent yet", tt.attempts-1)
				p.log.wantLines(t, "given up", min(1, 2-tt.attempts))
				p.wantWaiting(t, 0)
				noSecret(t, p.log.String())
			})
		})
	}
}
