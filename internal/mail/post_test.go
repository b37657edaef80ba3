package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"
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

func (b *book) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

func (b *book) wantLines(t *testing.T, message string, want int) {
	t.Helper()
	if got := strings.Count(b.String(), message); got != want {
		t.Errorf("lines with %q: got %d, want %d, in log\n%s", message, got, want, b)
	}
}

// to is the letter, addressed to somebody else.
func to(address string) Letter {
	l := letter
	l.To = address
	return l
}

func recipients(letters []received) []string {
	var to []string
	for _, l := range letters {
		to = append(to, l.to)
	}
	return to
}

func closePost(t *testing.T, p *Post) {
	t.Helper()
	if err := p.Close(t.Context()); err != nil {
		t.Errorf("Close: got %v, want nil", err)
	}
}

var busy = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.NoEnhancedCode, Message: "busy"}

func TestPostTriesAgainWithTheSameMessageID(t *testing.T) {
	var log book
	attempts, delivered := 0, make(chan struct{})
	srv := (&server{data: func(string) error {
		if attempts++; attempts < 3 {
			return busy
		}
		close(delivered)
		return nil
	}}).start(t)
	p := newPost(srv.client(t, ""), log.logger(), 10, []time.Duration{0, 0, 0})
	p.Send(letter)
	<-delivered
	closePost(t, p)
	got := srv.letters()
	if len(got) != 1 {
		t.Fatalf("letters at the server: got %d, want 1", len(got))
	}
	if header, _ := got[0].message(t); header.Get("Message-Id") != "<LETTERID@portal.example.com>" {
		t.Errorf("Message-Id: got %s, want <LETTERID@portal.example.com>", header.Get("Message-Id"))
	}
	log.wantLines(t, "letter not sent yet", 2)
	log.wantLines(t, "given up", 0)
}

func TestPostGivesUpAndTellsNoSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		code, attempts int
	}{
		"temporary, three times": {451, 3},
		"refused for good":       {554, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var log book
			attempts, last := 0, make(chan struct{})
			srv := (&server{mechanisms: []string{"PLAIN"}, data: func(to string) error {
				if attempts++; attempts == tt.attempts {
					close(last)
				}
				return &smtp.SMTPError{Code: tt.code, EnhancedCode: smtp.NoEnhancedCode, Message: to + letter.Text[7:20] + password}
			}}).start(t)
			p := newPost(srv.client(t, credentials), log.logger(), 10, []time.Duration{0, 0})
			p.Send(letter)
			<-last
			closePost(t, p)
			log.wantLines(t, "given up", 1)
			log.wantLines(t, fmt.Sprintf("attempts=%d ", tt.attempts), 1)
			log.wantLines(t, fmt.Sprintf("answered %d", tt.code), tt.attempts)
			log.wantLines(t, "letter.to_domain=example.org", tt.attempts)
			noSecret(t, log.String())
		})
	}
}

// A letter whose server always says "later" does not hold up the next one, and
// gets its last attempt when the post closes.
func TestPostOvertakesWaitingLetters(t *testing.T) {
	var log book
	delivered, closing := make(chan struct{}), false
	srv := (&server{data: func(to string) error {
		switch {
		case to == "quick@example.org":
			close(delivered)
		case !closing:
			return busy
		}
		return nil
	}}).start(t)
	p := newPost(srv.client(t, ""), log.logger(), 10, []time.Duration{time.Hour})
	p.Send(to("slow@example.org"))
	p.Send(to("quick@example.org"))
	<-delivered
	closing = true
	closePost(t, p)
	if got, want := recipients(srv.letters()), []string{"quick@example.org", "slow@example.org"}; !slices.Equal(got, want) {
		t.Errorf("letters at the server: got %v, want %v", got, want)
	}
	log.wantLines(t, "given up", 0)
}

func TestPostNeverBlocks(t *testing.T) {
	var log book
	working, release := make(chan struct{}), make(chan struct{})
	srv := (&server{data: func(string) error {
		select {
		case working <- struct{}{}:
		case <-release:
		}
		<-release
		return nil
	}}).start(t)
	p := newPost(srv.client(t, ""), log.logger(), 2, nil)
	p.Send(to("a@example.org"))
	<-working
	for _, name := range []string{"b", "c", "d", "e"} {
		p.Send(to(name + "@example.org"))
	}
	log.wantLines(t, "queue is full", 2)
	close(release)
	closePost(t, p)
	if got, want := recipients(srv.letters()), []string{"a@example.org", "b@example.org", "c@example.org"}; !slices.Equal(got, want) {
		t.Errorf("letters at the server: got %v, want %v", got, want)
	}
	noSecret(t, log.String())
}

func TestPostCloses(t *testing.T) {
	t.Run("after everything was sent", func(t *testing.T) {
		var box Outbox
		var log book
		p := NewPost(&box, log.logger())
		for range 100 {
			p.Send(letter)
		}
		closePost(t, p)
		closePost(t, p)
		if n := len(box.Letters()); n != 100 {
			t.Errorf("letters sent: got %d, want 100", n)
		}
		p.Send(letter)
		log.wantLines(t, "post is closed", 1)
		if n := len(box.Letters()); n != 100 {
			t.Errorf("letters sent after Close: got %d, want 100", n)
		}
	})
	t.Run("at the deadline", func(t *testing.T) {
		var log book
		working, release := make(chan struct{}, 1), make(chan struct{})
		defer close(release)
		srv := (&server{data: func(string) error { working <- struct{}{}; <-release; return nil }}).start(t)
		c := srv.client(t, "")
		c.timeout = time.Hour
		p := newPost(c, log.logger(), 10, []time.Duration{time.Hour})
		p.Send(letter)
		p.Send(letter)
		<-working
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Close: got %v, want context.Canceled", err)
		}
		log.wantLines(t, "given up", 2)
		log.wantLines(t, "not sent yet", 0)
		if n := len(srv.letters()); n != 0 {
			t.Errorf("letters at the server: got %d, want 0", n)
		}
	})
}

// unreachable is a mail server that is never there. It notes when it was tried.
type unreachable struct {
	start time.Time
	tried []time.Duration
}

func (u *unreachable) Send(context.Context, Letter) error {
	u.tried = append(u.tried, time.Since(u.start))
	return ErrTemporary
}

// The second letter's first pauses fall into the first one's last.
func TestPostPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log book
		u := &unreachable{start: time.Now()}
		p := NewPost(u, log.logger())
		p.Send(letter)
		time.Sleep(10 * time.Minute)
		p.Send(letter)
		time.Sleep(time.Hour)
		synctest.Wait()
		log.wantLines(t, "given up", 2)
		closePost(t, p)
		var want []time.Duration
		for _, sent := range []time.Duration{0, 10 * time.Minute} {
			for _, later := range []time.Duration{0, 5, 35, 215, 1115} {
				want = append(want, sent+later*time.Second)
			}
		}
		slices.Sort(want)
		if !slices.Equal(u.tried, want) {
			t.Errorf("attempts: got %v, want %v", u.tried, want)
		}
	})
}

func TestPostBoundsWaitingLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log book
		p := newPost(&unreachable{}, log.logger(), 3, []time.Duration{time.Hour})
		for range 5 {
			p.Send(letter)
			synctest.Wait()
		}
		log.wantLines(t, "not sent yet", 3)
		log.wantLines(t, "given up", 2)
		closePost(t, p)
		log.wantLines(t, "given up", 5)
	})
}
