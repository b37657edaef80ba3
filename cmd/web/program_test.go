package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/handlers"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/store"
)

// asProgram makes the binary of the tests the program itself, for a test that kills it.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "GATEHOUSE_") {
			_ = os.Unsetenv(name) // the settings of whoever runs the tests are not those of the tests
		}
	}
	underTest.hashCost = probe.CheapHash
	underTest.extend = func(x handlers.Extension) { probe.Add(probe.Portal(x)) }
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	code := m.Run()
	closeChromium()
	os.Exit(code)
}

// A program is the portal as an operator starts it, in this process and on a free port of this machine.
type program struct {
	origin  string
	data    []string     // the flags that say what it stands on
	db      *store.Store // the same database, for facts that no page shows
	network string       // of its visitors, so that limits kept in a shared Redis do not meet
	stop    func() error // stops it as a signal does, and returns what run returned
}

// A start asks Redis once and takes no answer within half a second for a refusal, which on a slow machine it need not be.
const (
	startsAtMost = 5
	redisLate    = "Redis does not answer"
)

// start runs the portal until the test is over, when it has to stop without an error.
func start(t testing.TB, data []string, flags ...string) *program {
	t.Helper()
	p := launch(t, data, flags...)
	for n := 1; p.origin == ""; n++ {
		err := p.stop()
		if n == startsAtMost || err == nil || !strings.Contains(err.Error(), redisLate) {
			t.Fatalf("run: %v, want a portal", err)
		}
		t.Logf("started again: %v", err)
		p = launch(t, data, flags...)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("run: got %v, want nil after a stop", err)
		}
	})
	p.db = open(t, data)
	return p
}

// launch runs the portal until it says where it is, or ends.
func launch(t testing.TB, data []string, flags ...string) *program {
	t.Helper()
	args := append(append([]string{"--addr=127.0.0.1:0", "--trusted-proxies=127.0.0.1"}, data...), flags...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stdout, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(surroundings{ctx, strings.NewReader(""), in, t.Output()}, args)
		_ = in.Close()
		done <- err
	}()
	p := &program{data: data, network: randomNetwork()}
	stopped := false
	var result error
	p.stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			result = <-done
		}
		return result
	}
	lines := bufio.NewScanner(stdout)
	for p.origin == "" && lines.Scan() {
		p.origin, _ = strings.CutPrefix(lines.Text(), "Gatehouse is at ")
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return p
}

// command runs the program with args until it ends by itself.
func command(t testing.TB, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs strings.Builder
	err = run(surroundings{t.Context(), strings.NewReader(stdin), &out, &errs}, args)
	return out.String(), errs.String(), err
}

const (
	password      = "four quiet lanterns hang"
	otherPassword = "seven patient herons wade"
)

// account makes an account with an address of its own, which it returns.
func (p *program) account(t testing.TB, name string) string {
	t.Helper()
	email := newEmail()
	p.enrol(t, email, name)
	return email
}

// enrol makes an account as an operator does.
func (p *program) enrol(t testing.TB, email, name string) {
	t.Helper()
	args := append([]string{"user", "create", "--email=" + email, "--name=" + name, "--password-stdin"}, p.data...)
	if _, _, err := command(t, password+"\n", args...); err != nil {
		t.Fatal(err)
	}
}

// newEmail is nobody's address yet, on any database.
func newEmail() string { return strings.ToLower(rand.Text())[:12] + "@example.org" }

func randomNetwork() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b)
	return fmt.Sprintf("2001:db8:%x:%x", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3])|1) // a 0 before "::" is never written
}

// ask reads one row of the database into the places.
func (p *program) ask(t testing.TB, query string, args []any, places ...any) {
	t.Helper()
	if err := p.db.DB().QueryRowContext(t.Context(), query, args...).Scan(places...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// change writes what no request could bring about in the time of a test.
func (p *program) change(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := p.db.DB().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// patience is how long a test waits for something that happens at once on an idle machine.
const patience = 90 * time.Second

// until waits for something to become true.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
