package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// progressAfter is how long a command is silent: what is done by then needs no word.
	progressAfter = time.Second
	// progressEvery is how often the line changes.
	progressEvery = 250 * time.Millisecond
)

// A progress is a line on a terminal that says how far a command is. Where standard error is no terminal it is nothing.
type progress struct {
	w           io.Writer // nil for none
	what        string
	count, all  int // all is 0 where nobody knows
	began, last time.Time
}

func newProgress(s surroundings, what string, all int) *progress {
	p := &progress{what: what, all: all, began: time.Now()}
	if file, ok := s.stderr.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = file
		}
	}
	return p
}

// step counts what was done since.
func (p *progress) step(n int) {
	p.count += n
	now := time.Now()
	if p.w == nil || now.Sub(p.began) < progressAfter || now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(now))
}

// line is what the terminal shows, with the time that is left if it goes on like this.
func (p *progress) line(now time.Time) string {
	if p.all == 0 || p.count == 0 {
		return fmt.Sprintf("%s: %d", p.what, p.count)
	}
	left := time.Duration(float64(now.Sub(p.began)) / float64(p.count) * float64(max(p.all-p.count, 0))).Round(time.Second)
	return fmt.Sprintf("%s: %d of %d, about %s left", p.what, p.count, p.all, left)
}

// done takes the line away.
func (p *progress) done() {
	if p.w != nil && !p.last.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
