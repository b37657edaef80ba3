package proof

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"

	"example.com/gatehouse/webtest"
)

// A flight is a request under way: the server has already read whose it is, and the browser does not have the answer
// yet. What the test does in between happens in between on any machine, fast or slow.
type flight struct {
	by      *webtest.Client
	request *http.Request
	finish  func()
	landed  chan landing
}

type landing struct {
	answer *webtest.Answer
	err    error
}

// land lets the request come to its end and returns the answer, without its cookies in the browser yet.
func (f *flight) land() *webtest.Answer {
	f.by.T.Helper()
	f.finish()
	l := <-f.landed
	if l.err != nil {
		f.by.T.Errorf("%s %s: %v", f.request.Method, f.request.URL.Path, l.err)
		return f.by.None(f.request)
	}
	return l.answer
}

// writing posts a form of which half arrives before what happens next, and half after it. A server asks a browser that
// sends "Expect: 100-continue" for the form when the handler begins to read it: after it has looked at the cookie.
func writing(c *webtest.Client, path string, fields ...string) *flight {
	c.T.Helper()
	r := c.Request(http.MethodPost, path, fields...)
	form, _ := io.ReadAll(r.Body)
	rest, pipe := io.Pipe()
	asked := make(chan struct{})
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(asked) }}
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
	r.Body, r.GetBody = rest, nil
	r.Header.Set("Expect", "100-continue")
	f := &flight{by: c, request: r, landed: make(chan landing, 1)}
	answered := make(chan struct{})
	go func() {
		a, err := c.Send(r)
		f.landed <- landing{a, err}
		close(answered)
	}()
	select {
	case <-asked:
	case <-answered:
		c.T.Fatalf("POST %s was answered before its form was read", path)
	}
	half := len(form) / 2
	_, _ = pipe.Write(form[:half])
	f.finish = func() {
		_, _ = pipe.Write(form[half:])
		_ = pipe.Close()
	}
	return f
}

// reading asks for a page that is answered before what happens next, and read by the browser after it.
func reading(c *webtest.Client, path string) *flight {
	c.T.Helper()
	r := c.Request(http.MethodGet, path)
	response, err := c.RoundTrip(r) //nolint:bodyclose // Read closes it, when the flight lands
	if err != nil {
		c.T.Fatalf("GET %s: %v", path, err)
	}
	f := &flight{by: c, request: r, landed: make(chan landing, 1)}
	f.finish = func() {
		a, err := c.Read(r, response)
		f.landed <- landing{a, err}
	}
	return f
}

// sending sends a request that nothing holds back.
func sending(c *webtest.Client, method, path string, fields ...string) *flight {
	c.T.Helper()
	r := c.Request(method, path, fields...)
	f := &flight{by: c, request: r, finish: func() {}, landed: make(chan landing, 1)}
	go func() {
		a, err := c.Send(r)
		f.landed <- landing{a, err}
	}()
	return f
}

// A lock is held on something in PostgreSQL, so that requests stop there in the middle of their work.
type lock struct {
	release func()
	waiting func() int // how many stop there
}

// lock executes a statement that locks rows or a table, and keeps what it locked. Who stops there is counted on the given
// tables.
func (p *person) lock(statement string, arguments []any, tables ...string) lock {
	p.t.Helper()
	tx, err := p.facts.BeginTx(p.t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(p.t.Context(), statement, arguments...)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	waiting := func() (n int) {
		err := p.facts.QueryRowContext(p.t.Context(), `
			SELECT count(*) FROM pg_locks
			WHERE (locktype = 'tuple' OR locktype = 'relation' AND NOT granted)
				AND relation IN (SELECT to_regclass(name) FROM unnest(string_to_array($1, ' ')) AS name)`,
			strings.Join(tables, " ")).Scan(&n)
		if err != nil {
			p.t.Fatal(err)
		}
		return n
	}
	release := func() {
		if err := tx.Commit(); err != nil {
			p.t.Error(err)
		}
	}
	return lock{release, waiting}
}

// onPostgres reports whether requests can be stopped in the middle of their work: SQLite has no locks to see.
func (env environment) onPostgres() bool { return strings.HasPrefix(env[0], "--database-url=postgres") }
