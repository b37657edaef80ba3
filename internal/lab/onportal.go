package lab

import (
	"cmp"
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"sync"
)

// A Portal is the one that serves the labs, as its browsers know it.
type Portal struct {
	http.Handler
	Origin string // scheme and host
	Cookie string // the name of its session cookie
	Demo   bool   // it gives everybody an account to try
	Header http.Header
	Remote string // the address that requests come from
}

// An Outcome is what became of the same steps on the portal.
type Outcome struct {
	Refused bool
	Says    string
	Sent    []Exchange
}

// A script is the steps of a lab on the portal, under way.
type script struct {
	Portal
	ctx    context.Context
	limits bool // a limit is what the script looks for

	mu       sync.Mutex
	sent     []Exchange
	hindered untried
}

// untried says why the steps could not be made. It ends a script, and accuses nobody.
type untried string

// Why the steps were not made.
const (
	noDemo    untried = "The portal gives no more demo accounts for now. Try again in a minute."
	noStep    untried = "The steps could not be made here: one before the attack did not do what it does for anybody. That says nothing of the attack. Try again in a minute."
	atLimit   untried = "The steps could not be made here: the portal let no more requests of your network through. That says nothing of the attack. Try again in a few minutes."
	notServed untried = "The steps could not be made here: the portal did not answer all of them in time. That says nothing of the attack. Try again."
)

// TryPortal makes the steps of the lab on the portal itself, in a demo account made for that.
func (b *Bench) TryPortal(ctx context.Context, p Portal) (err error) {
	if !p.Demo {
		return RefusalError("This portal offers no demo, so there is no account to make the same steps in.")
	}
	s := &script{Portal: p, ctx: ctx}
	defer func() {
		switch why := recover().(type) {
		case nil:
		case untried:
			if why == noStep {
				why = cmp.Or(s.hindrance(), why)
			}
			err = RefusalError(why)
		default:
			panic(why)
		}
	}()
	refused, says := b.Lab.onPortal(s)
	if why := s.hindrance(); why != "" {
		return RefusalError(why)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcome = &Outcome{refused, says, s.sent}
	return nil
}

// hindrance is what kept a request of the script from being answered as it would be for anybody, "" for nothing.
func (s *script) hindrance() untried {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return notServed
	}
	return s.hindered
}

// needs ends the script unless the steps before the attack have worked. Only the goroutine of the script calls it.
func (s *script) needs(worked bool) {
	if !worked {
		panic(noStep)
	}
}

// Outcome is what became of the same steps on the portal, nil before they were made.
func (b *Bench) Outcome() *Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.outcome
}

// ServeHTTP asks the portal, and notes what was sent.
func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := whoOf(r)
	e := newExchange(victim, r.URL.RequestURI(), r) // nothing secret of the portal is shown, whoever sent it
	r.RemoteAddr = s.Remote
	rec := &answerHeard{ResponseWriter: w}
	s.Handler.ServeHTTP(rec, r)
	e.finish("", rec)
	e.Who = who
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, e)
	switch {
	case rec.status == http.StatusTooManyRequests && !s.limits:
		s.hindered = atLimit
	case rec.status >= http.StatusInternalServerError:
		s.hindered = notServed
	}
}

// Get and post ask the portal as one of the two people.
func (s *script) get(c *browser, path string) *answer {
	return s.do(c, request{method: http.MethodGet, path: path})
}

func (s *script) post(c *browser, path string, fields ...string) *answer {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return s.do(c, request{method: http.MethodPost, path: path, form: form})
}

func (s *script) do(c *browser, q request) *answer {
	q.header = s.Header
	return c.send(context.WithValue(s.ctx, actorKey{}, c.who), s, s.Origin, q)
}

// demo signs a browser in to an account made for this, and returns its address and password.
func (s *script) demo(c *browser) (email, password string) {
	a := s.post(c, "/demo")
	if a.status != http.StatusSeeOther {
		panic(noDemo)
	}
	page := s.get(c, "/account").body.String()
	if m := demoPassword.FindStringSubmatch(page); m != nil {
		password = html.UnescapeString(m[1])
	}
	if m := demoAddress.FindStringSubmatch(s.get(c, "/account/security/password").body.String()); m != nil {
		email = html.UnescapeString(m[1])
	}
	return email, password
}

var (
	demoPassword = regexp.MustCompile(`Its password: <code>([^<]+)</code>`)
	demoAddress  = regexp.MustCompile(`autocomplete="username" value="([^"]+)"`)
	hiddenField  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// copied is another browser with the session cookie of one, as a thief has it.
func (s *script) copied(c *browser) *browser {
	thief := newBrowser(you)
	if cookie := c.jar[s.Cookie]; cookie != nil {
		thief.jar[s.Cookie] = cookie
	}
	return thief
}

// opens reports whether a browser is let into the account.
func (s *script) opens(c *browser) bool { return s.get(c, "/account").status == http.StatusOK }

// fieldsOf are the hidden fields of a page, which its form sends along.
func fieldsOf(a *answer) (fields []string) {
	for _, m := range hiddenField.FindAllStringSubmatch(a.body.String(), -1) {
		fields = append(fields, m[1], html.UnescapeString(m[2]))
	}
	return fields
}
