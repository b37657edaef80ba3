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

// book is a log that a test reads while the post writes.
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

// noSecret checks text that operators and thieves of a database read.
func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"canary", "marta"} {
		if strings.Contains(text, secret) {
			t.Errorf("got %q, want it without %q", text, secret)
		}
	}
}

var key = bytes.Repeat([]byte{7}, 32)

// desk is a post and what it stands on.
type desk struct {
	*mail.Post
	log *book
	db  *store.Store
}

func post(t *testing.T, db *store.Store, sender mail.Sender) desk {
	t.Helper()
	sealer, err := seal.New([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	log := &book{}
	p := mail.NewPost(mail.Options{Store: db, Sealer: sealer, Sender: sender, Log: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	return desk{p, log, db}
}

func (d desk) wantWaiting(t *testing.T, want int) {
	t.Helper()
	if got, err := d.Waiting(t.Context()); got != want || err != nil {
		t.Errorf("letters waiting: got %d, %v, want %d", got, err, want)
	}
}

// letter is one with secrets in it.
func letter() mail.Letter {
	return mail.Letters{Base: "https://portal.example.com"}.ConfirmSignUp("marta@example.org", "canarytoken", time.Now(), "Firefox on Linux", 24*time.Hour)
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

// trial is a sender that notes when it was tried and answers as it is told.
type trial struct {
	answer func() error
	mu     sync.Mutex
	tried  []time.Time
}

func (s *trial) attempts() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tried)
}

func (s *trial) Send(context.Context, mail.Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, time.Now())
	return s.answer()
}

func away() error { return fmt.Errorf("server %w", mail.ErrTemporary) }

// hung is a mail server that never answers.
type hung struct{ working chan struct{} }

func (h hung) Send(ctx context.Context, _ mail.Letter) error {
	h.working <- struct{}{}
	<-ctx.Done()
	return fmt.Errorf("%w: %w", mail.ErrTemporary, ctx.Err())
}

// A letter leaves at once, not with the next look into the table, and its row goes.
func TestPostIsPrompt(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := &trial{answer: func() error { return nil }}
		p, start := post(t, db, s), time.Now()
		synctest.Wait()
		p.Send(letter())
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

// The pauses grow, up to a look into the table late each. Then the letter is given up and gone.
func TestPostPausesGrow(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := &trial{answer: away}
		p, due := post(t, db, s), time.Now()
		p.Send(letter())
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

// A letter whose link has died, or dies before the next attempt, is not sent any more.
func TestPostDropsDeadLinks(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := &trial{answer: away}
		p, start := post(t, db, s), time.Now()
		p.Send(letter().Until(30 * time.Minute))
		time.Sleep(20 * time.Hour)
		if last := s.attempts()[len(s.attempts())-1].Sub(start); len(s.attempts()) != 5 || last >= 30*time.Minute {
			t.Errorf("got %d attempts, the last after %s, want 5 within 30 minutes", len(s.attempts()), last)
		}
		p.log.wantLines(t, "given up", 1)
		p.wantWaiting(t, 0)

		// The same when nobody was there to try.
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Send(letter().Until(30 * time.Minute))
		time.Sleep(30 * time.Minute)
		late := &trial{answer: func() error { return nil }}
		next := post(t, db, late)
		synctest.Wait()
		if len(late.attempts()) != 0 {
			t.Error("a letter was sent whose link was dead")
		}
		next.log.wantLines(t, "its time was up", 1)
		next.wantWaiting(t, 0)
	})
}

// Whoever takes a letter and dies has it to themselves until the lease is over, and no longer.
func TestPostTakesOverAfterACrash(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		dead := post(t, db, hung{make(chan struct{}, 1)})
		_ = dead.Close(t.Context())
		dead.Send(letter())
		taken := time.Now()
		if _, err := db.ClaimLetter(t.Context(), taken, taken.Add(mail.Lease)); err != nil {
			t.Fatal(err)
		}
		s := &trial{answer: func() error { return nil }}
		p := post(t, db, s)
		time.Sleep(mail.Lease + 2*mail.PollEvery)
		if len(s.attempts()) != 1 || s.attempts()[0].Sub(taken) < mail.Lease {
			t.Errorf("got attempts %v, want one when the lease from %s is over", s.attempts(), taken)
		}
		p.wantWaiting(t, 0)
	})
}

// A letter that never lets an attempt come to an end, because the process dies of it, is given up too.
func TestPostEndsCrashes(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		p := post(t, db, &trial{answer: away})
		_ = p.Close(t.Context())
		p.Send(letter())
		for range len(mail.Pauses) + 1 {
			if _, err := db.ClaimLetter(t.Context(), time.Now(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		s := &trial{answer: func() error { return nil }}
		next := post(t, db, s)
		synctest.Wait()
		if len(s.attempts()) != 0 {
			t.Error("got one attempt more")
		}
		next.log.wantLines(t, "no attempt came to an end", 1)
		next.wantWaiting(t, 0)
	})
}

// Several instances on one database send each letter once.
func TestPostSharesTheWork(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			db, want := open(t), map[string]int{}
			var boxes []*mail.Outbox
			var posts []desk
			for range 3 {
				box := &mail.Outbox{}
				boxes, posts = append(boxes, box), append(posts, post(t, db, box))
			}
			var sending sync.WaitGroup
			for i := range 20 { // at once: a store writes one row at a time, and a letter waits for its own only so long
				some := []mail.Letter{letter(), letter(), letter()}
				for _, l := range some {
					want[l.ID] = 1
				}
				sending.Go(func() {
					for _, l := range some {
						posts[i%3].Send(l)
					}
				})
			}
			sending.Wait()
			for _, p := range posts {
				_ = p.Close(t.Context())
			}
			_ = post(t, db, boxes[0]).Close(t.Context()) // what somebody else was about to take
			got := map[string]int{}
			for _, box := range boxes {
				for _, l := range box.Letters() {
					got[l.ID]++
				}
			}
			for id := range want {
				if got[id] != 1 {
					t.Errorf("letter %s: sent %d times, want once", id, got[id])
				}
			}
			posts[0].wantWaiting(t, 0)
		})
	}
}

// A page waits for one row, never for a mail server.
func TestSendDoesNotWait(t *testing.T) {
	db := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		h, start := hung{make(chan struct{}, 1)}, time.Now()
		p := post(t, db, h)
		for range 5 {
			p.Send(letter())
		}
		<-h.working
		if took := time.Since(start); took > time.Second { // of waiting for a lock on the database
			t.Errorf("Send: took %s, want no time", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
		// None is lost, and none waits for the end of a lease.
		p.log.wantLines(t, "given up", 0)
		p.log.wantLines(t, "waits for the next start", 1)
		box := &mail.Outbox{}
		_ = post(t, db, box).Close(t.Context())
		if n := len(box.Letters()); n != 5 {
			t.Errorf("letters after the next start: got %d, want 5", n)
		}
	})
}

// lastMoment is a store in which something happens each time the worker has found nothing to do.
type lastMoment struct {
	*store.Store
	nothing func()
}

func (s *lastMoment) ClaimLetter(ctx context.Context, at, until time.Time) (mail.Row, error) {
	r, err := s.Store.ClaimLetter(ctx, at, until)
	if err != nil {
		s.nothing()
	}
	return r, err
}

// What is stored before the post is closed leaves before the worker does, even at the last moment.
func TestCloseSendsWhatIsDue(t *testing.T) {
	db := storetest.SQLite(t)
	sealer, err := seal.New([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			box, ready, closed := &mail.Outbox{}, make(chan *mail.Post, 1), make(chan error, 1)
			var once sync.Once
			s := &lastMoment{db, func() {
				once.Do(func() {
					p := <-ready
					p.Send(letter())
					go func() { closed <- p.Close(context.Background()) }()
					time.Sleep(time.Second)
				})
			}}
			ready <- mail.NewPost(mail.Options{Store: s, Sealer: sealer, Sender: box, Log: slog.New(slog.DiscardHandler)})
			if err := <-closed; err != nil {
				t.Errorf("Close: got %v, want nil", err)
			}
			if n := len(box.Letters()); n != 1 {
				t.Errorf("letters sent: got %d, want 1", n)
			}
		})
	}
}

// A post that is closed takes letters, for others to send.
func TestSendAfterClose(t *testing.T) {
	box := &mail.Outbox{}
	p := post(t, storetest.SQLite(t), box)
	for range 2 {
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("Close: got %v, want nil", err)
		}
	}
	p.Send(letter())
	p.wantWaiting(t, 1)
	if n := len(box.Letters()); n != 0 {
		t.Errorf("letters sent: got %d, want none", n)
	}
}

// A letter that cannot be stored costs one line in the log.
func TestSendWithoutADatabase(t *testing.T) {
	db := storetest.SQLite(t)
	p := post(t, db, &mail.Outbox{})
	_ = db.Close()
	p.Send(letter())
	p.log.wantLines(t, "letter dropped", 1)
	noSecret(t, p.log.String())
}

// A flood does not fill the database.
func TestPostBoundsTheTable(t *testing.T) {
	db := storetest.SQLite(t)
	p := post(t, db, &trial{answer: away})
	_ = p.Close(t.Context())
	_, err := db.DB().ExecContext(t.Context(), `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO letters (id, sealed, attempts, created_at, due_at, expires_at) SELECT i, '', 0, $2, $2, $2 FROM n`, mail.MaxWaiting-1, time.Now().UTC())
	if err != nil {
		t.Fatal(err)
	}
	p.Send(letter())
	p.log.wantLines(t, "letter dropped", 0)
	p.Send(letter())
	p.log.wantLines(t, "letter dropped", 1)
	p.log.wantLines(t, "too many letters wait", 1)
	p.wantWaiting(t, mail.MaxWaiting)
}

// The table shows neither who is written to nor what, and a text opens in its own row only.
func TestRowsAreSealed(t *testing.T) {
	db := storetest.SQLite(t)
	p := post(t, db, &mail.Outbox{})
	_ = p.Close(t.Context())
	p.Send(letter())
	var sealed []byte
	if err := db.DB().QueryRowContext(t.Context(), `SELECT sealed FROM letters`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	noSecret(t, string(sealed))
	if _, err := db.DB().ExecContext(t.Context(), `UPDATE letters SET id = 'moved'`); err != nil {
		t.Fatal(err)
	}
	box := &mail.Outbox{}
	next := post(t, db, box)
	_ = next.Close(t.Context())
	if len(box.Letters()) != 0 {
		t.Error("a letter was sent from another row than its own")
	}
	next.log.wantLines(t, "given up", 1)
	next.wantWaiting(t, 0)
}

// What a mail server can do to a letter, through the real client.
func TestPostAndMailServers(t *testing.T) {
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
				p, l := post(t, db, at(t, s)), letter()
				p.Send(l)
				time.Sleep(time.Minute)
				synctest.Wait()
				_ = p.Close(t.Context())
				var ids []string
				for _, arrived := range s.Letters() {
					ids = append(ids, arrived.Message(t).Header.Get("Message-Id"))
				}
				if want := slices.Repeat([]string{"<" + l.ID + "@portal.example.com>"}, tt.arrived); !slices.Equal(ids, want) {
					t.Errorf("letters at the server: got %v, want %v", ids, want)
				}
				p.log.wantLines(t, "not sent yet", tt.attempts-1)
				p.log.wantLines(t, "given up", min(1, 2-tt.attempts))
				p.wantWaiting(t, 0)
				noSecret(t, p.log.String())
			})
		})
	}
}
