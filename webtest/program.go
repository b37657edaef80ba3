package webtest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// A Run runs a portal until ctx ends, in this process or in one of its own. On stdout it says where it is.
type Run func(ctx context.Context, stdout, stderr io.Writer) error

// A Program is a portal that was started by a test.
type Program struct {
	Origin  string // scheme and host; "" if it ended without saying where it is
	Network string // of its visitors: see Network
	Log     *Log   // what it wrote to stderr

	stop func()
	over chan struct{} // closed when it has ended
	err  error         // how it ended, once it is over
}

// Start runs a portal until the test is over, when it has to stop without an error if it still runs.
func Start(t testing.TB, run Run) *Program {
	t.Helper()
	p := Launch(t, run)
	if p.Origin == "" {
		err := p.Stop()
		t.Fatalf("no portal: %v\n%s", err, Telling(p.Log.String()))
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("the portal ended with %v, want nil after a stop", err)
		}
	})
	return p
}

// Launch runs a portal until it says where it is, or ends. It is for a start that may fail.
func Launch(t testing.TB, run Run) *Program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &Program{Network: Network(), Log: NewLog(t), stop: cancel, over: make(chan struct{})}
	out, stdout := io.Pipe()
	go func() {
		p.err = run(ctx, stdout, p.Log)
		close(p.over)
		_ = stdout.Close()
	}()
	origin := make(chan string, 1)
	go func() {
		origin <- announced(out)
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case p.Origin = <-origin:
	case <-time.After(Patience):
	}
	return p
}

// announced reads until the line that says where a portal is.
func announced(stdout io.Reader) string {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, at, is := strings.Cut(lines.Text(), " is at "); is {
			return at
		}
	}
	return ""
}

// errStillRuns means that a portal did not stop when it was told to.
var errStillRuns = errors.New("still running")

// Stop tells the portal to end, waits for that, and returns how it ended.
func (p *Program) Stop() error {
	p.stop()
	select {
	case <-p.over:
		return p.err
	case <-time.After(Patience):
		return errStillRuns
	}
}

// Over is closed when the portal has ended.
func (p *Program) Over() <-chan struct{} { return p.over }

// Client is a browser in front of the portal, which has to trust the address that a proxy on this machine names.
func (p *Program) Client(t testing.TB) *Client {
	c := New(t, p.Origin)
	c.IP = p.Network + "::7"
	return c
}
