package webtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const page = `<!doctype html><h1>One  <b>page</b></h1><h2>Below</h2>
<form method="post" action="/save"><input type="hidden" name="act" value="A&amp;B"><input name="name" value="Ada">
<input type="checkbox" name="on" checked><input type="checkbox" name="off" value="1"><textarea name="text">two
lines</textarea><select name="list"><option value="a"><option value="b" selected></select><input name="gone" disabled>
<button name="press" value="1">Save</button></form>`

// echo answers /save with the form it was sent, and everything else with the page. It sets one cookie and takes one away.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Set-Cookie", "__Host-id=TOKEN; Path=/; Secure")
	w.Header().Add("Set-Cookie", "old=; Max-Age=0")
	if r.URL.Path != "/save" {
		_, _ = io.WriteString(w, page)
		return
	}
	_ = r.ParseForm()
	fmt.Fprintf(w, "%s %v from %s %s", r.Header.Get("Cookie"), r.PostForm, r.RemoteAddr, r.Header.Get("X-Forwarded-For"))
}

func TestClient(t *testing.T) {
	c := New(t, "https://portal.test")
	c.Transport, c.IP = InProcess(http.HandlerFunc(echo)), "2001:db8::7"
	c.Cookies["old"] = "1"
	a := c.Get("/").Want(http.StatusOK).Says("One page Below")
	if got := a.Headings(); !slices.Equal(got, []string{"One page", "Below"}) {
		t.Errorf("headings %q", got)
	}
	if got := a.Headings(2); !slices.Equal(got, []string{"Below"}) {
		t.Errorf("headings of level 2: %q", got)
	}
	if c.Token() != "TOKEN" || c.Cookies["old"] != "" {
		t.Errorf("cookies %v", c.Cookies)
	}
	c.Submit(a, "/save", "name", "Grace").Says("__Host-id=TOKEN map[act:[A&B] list:[b] name:[Grace] on:[on] text:[two lines]] from [2001:db8::7]:4711")
	thief := c.Copied("TOKEN")
	if len(thief.Cookies) != 1 || thief.Token() != "TOKEN" || c.Fresh().Token() != "" || len(c.Cookies) != 1 {
		t.Errorf("thief has %v, a fresh browser %v", thief.Cookies, c.Fresh().Cookies)
	}
}

// A testing.TB that notes what a client says about a test, and ends nothing.
type listener struct {
	testing.TB
	said []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

// Every requirement that an answer does not meet is reported, with the problem in the first line.
func TestAnswerRefuses(t *testing.T) {
	l := &listener{TB: t}
	c := New(l, "https://portal.test")
	c.Transport, c.Tolerant = InProcess(http.HandlerFunc(echo)), true
	for what, require := range map[string]func(a *Answer){
		"GET /there: got 200":                     func(a *Answer) { a.Want(http.StatusTeapot) },
		`got 200 (Location ""), want 303 to "/x"`: func(a *Answer) { a.Leads("/x") },
		`page does not say "Two"`:                 func(a *Answer) { a.Says("Two") },
		`page says "One"`:                         func(a *Answer) { a.SaysNot("One") },
		`page does not say "Three"`:               func(a *Answer) { a.SaysEither("Three", "Four") },
		"no form that goes to /elsewhere":         func(a *Answer) { c.Submit(a, "/elsewhere") },
		"nobody is there":                         func(*Answer) { c.Transport = away{}; c.Get("/") },
	} {
		c.Transport = InProcess(http.HandlerFunc(echo))
		a := c.Get("/there")
		l.said = nil
		require(a)
		if first, _, _ := strings.Cut(strings.Join(l.said, " "), "\n"); !strings.Contains(strings.Join(l.said, " "), what) || first == "" {
			t.Errorf("said %q, want %q", l.said, what)
		}
	}
}

type away struct{}

func (away) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nobody is there")
}

// A program says where it is, is stopped by the end of its context, and tells how it ended.
func TestProgram(t *testing.T) {
	p := Start(t, func(ctx context.Context, stdout, stderr io.Writer) error {
		fmt.Fprintln(stderr, "level=WARN msg=late")
		fmt.Fprintln(stdout, "Gatehouse is at http://localhost:1")
		fmt.Fprintln(stdout, "and more")
		<-ctx.Done()
		return nil
	})
	if p.Origin != "http://localhost:1" || !strings.Contains(p.Log.String(), "late") {
		t.Errorf("got %q, log %q", p.Origin, p.Log)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	broken := Launch(t, func(context.Context, io.Writer, io.Writer) error { return io.ErrUnexpectedEOF })
	if err := broken.Stop(); broken.Origin != "" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", broken.Origin, err)
	}
}

func TestLog(t *testing.T) {
	l := NewLog(t)
	fmt.Fprintln(l, "one")
	from := l.Len()
	fmt.Fprintln(l, "two")
	if l.String() != "one\ntwo\n" || l.After(from) != "two\n" || l.After(l.Len()+1) != "" {
		t.Errorf("got %q, from %d on %q", l, from, l.After(from))
	}
}

func TestTelling(t *testing.T) {
	log := strings.Repeat("level=INFO\n", 50)
	if got := Telling(log); strings.Count(got, "INFO") != tellingLines {
		t.Errorf("got %q", got)
	}
	if got := Telling(log + "level=ERROR cause=x\n" + log); got != "level=ERROR cause=x" {
		t.Errorf("got %q", got)
	}
}
