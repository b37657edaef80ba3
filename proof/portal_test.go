package proof

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"example.com/gatehouse/webtest"
)

// A portal is one instance of the program, in a process of its own.
type portal struct {
	*webtest.Program
	environment
	build     build
	cmd       *exec.Cmd
	killed    atomic.Bool
	transport *http.Transport // of its browsers
}

// start runs an instance on a free port until the test is over, when it has to stop without an error if it still runs.
func start(t testing.TB, env environment, flags ...string) *portal {
	t.Helper()
	return probed.start(t, env, flags...)
}

func (b build) start(t testing.TB, env environment, flags ...string) *portal {
	t.Helper()
	return b.startWith(t, nil, env, flags...)
}

// startWith is start with variables of the process, beside those of this one.
func (b build) startWith(t testing.TB, variables []string, env environment, flags ...string) *portal {
	t.Helper()
	file, err := b()
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{environment: env, build: b, transport: webtest.NewTransport()}
	t.Cleanup(p.transport.CloseIdleConnections)
	args := append(append([]string{"--addr=127.0.0.1:0", "--trusted-proxies=127.0.0.1"}, env...), flags...)
	p.Program = webtest.Start(t, func(ctx context.Context, stdout, stderr io.Writer) error {
		p.cmd = exec.CommandContext(ctx, file, args...)
		p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
		p.cmd.Env = append(os.Environ(), variables...)
		return p.run()
	})
	return p
}

// run returns how the process ended. One that was killed has ended as it should.
func (p *portal) run() error {
	p.cmd.Cancel = func() error {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		return os.ErrProcessDone // so that Wait returns how it ended
	}
	p.cmd.WaitDelay = webtest.Patience / 2 // then it is killed, and has not stopped
	if err := startTied(p.cmd); err != nil {
		return err
	}
	err := p.cmd.Wait()
	if p.killed.Load() {
		return nil
	}
	return err
}

// kill ends the portal with SIGKILL.
func (p *portal) kill() {
	p.killed.Store(true)
	_ = p.cmd.Process.Kill()
}

// account makes an account as an operator does, and returns its address.
func (p *portal) account(t testing.TB, name string) string {
	t.Helper()
	return p.build.account(t, p.environment, name)
}

// Client is a browser in front of the portal. Many are used beside the goroutine of their test.
func (p *portal) Client(t testing.TB) *webtest.Client {
	c := p.Program.Client(t)
	c.Transport, c.Tolerant = p.transport, true
	return c
}

// bagsMissed is how often the portal has said, from a place in its log on, that Redis was too late for a bag: it waits for
// half a second, which is nothing on a slow machine. What such a request did with a bag is not for a test to judge.
func (p *portal) bagsMissed(t testing.TB, from int) (n int) {
	t.Helper()
	if len(p.environment) == 1 { // no Redis
		return 0
	}
	p.catchUp(t)
	for line := range strings.Lines(p.Log.After(from)) {
		bag := strings.Contains(line, `"bag not stored"`) || strings.Contains(line, `"bag out of reach"`)
		if bag && (strings.Contains(line, "timeout") || strings.Contains(line, "deadline exceeded")) {
			n++
		}
	}
	return n
}

// catchUp waits until the log has everything that the portal has said before: it comes through a pipe, and an answer may
// be faster. The line of one more request is the last to come, unless the portal is gone.
func (p *portal) catchUp(t testing.TB) {
	t.Helper()
	c, from := p.Client(t), p.Log.Len()
	c.IP = webtest.Network() + "::9"
	_, _ = c.Try(c.Request(http.MethodGet, "/healthz"))
	webtest.Until(t, "the line of the last request in the log", func() bool {
		select {
		case <-p.Over():
			return true
		default:
			return strings.Contains(p.Log.After(from), "ip="+c.IP)
		}
	})
}
