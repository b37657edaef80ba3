package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/handlers"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/webtest"
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
	*webtest.Program
	data []string     // the flags that say what it stands on
	db   *store.Store // the same database, for facts that no page shows

	told bool // its pages hear what /session/live says. In other tests they know what they ask, so nothing depends on which is first
}

// start runs the portal until the test is over, when it has to stop without an error.
func start(t testing.TB, data []string, flags ...string) *program {
	t.Helper()
	args := serveArgs(data, flags)
	p := webtest.Start(t, func(ctx context.Context, stdout, stderr io.Writer) error {
		return run(surroundings{ctx, strings.NewReader(""), stdout, stderr}, args)
	})
	return &program{Program: p, data: data, db: open(t, data)}
}

// serveArgs are the arguments for a portal on a free port, which trusts the addresses that the tests name.
func serveArgs(data, flags []string) []string {
	return slices.Concat([]string{"--addr=127.0.0.1:0", "--trusted-proxies=127.0.0.1"}, data, flags)
}

// command runs the program with args until it ends by itself.
func command(t testing.TB, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs strings.Builder
	err = run(surroundings{t.Context(), strings.NewReader(stdin), &out, &errs}, args)
	return out.String(), errs.String(), err
}

// account makes an account with an address of its own, which it returns.
func (p *program) account(t testing.TB, name string) string {
	t.Helper()
	email := webtest.Email()
	p.enrol(t, email, name)
	return email
}

// enrol makes an account as an operator does.
func (p *program) enrol(t testing.TB, email, name string) {
	t.Helper()
	args := append([]string{"user", "create", "--email=" + email, "--name=" + name, "--password-stdin"}, p.data...)
	if _, _, err := command(t, webtest.Password+"\n", args...); err != nil {
		t.Fatal(err)
	}
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
