package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// A question is a form by which somebody could find out who has an account (ASVS v5.0.0-6.3.8). It is begun once and asks
// about one address a time. What it answers is compared here, byte for byte and by the statements it takes, and by the
// clock in TestDurationsTellNothing.
type question struct {
	name       string
	path       string // of the form
	begin      func(p *portal) (ask func(email string) *webtest.Answer)
	background work
	logs       string // when that is done; "" for nothing in the background of this portal
}

// work is what a question leaves to be done in the background.
type work int

const (
	nothing  work = iota
	oneEmail      // an email goes to the address whatever it is, after as many statements
	unwaited      // as many statements whatever the address is, and the answer does not wait for them
)

var questions = []question{
	{"sign-in", "/login", func(p *portal) func(string) *webtest.Answer {
		return func(email string) *webtest.Answer { return p.browser().guess(email) }
	}, nothing, ""},
	{"sign-up", "/signup", func(p *portal) func(string) *webtest.Answer {
		return func(email string) *webtest.Answer {
			return p.browser().Post("/signup", "name", "Grace", "email", email, "password", otherPassword)
		}
	}, nothing, ""},
	{"forgotten password", "/password/forgot", func(p *portal) func(string) *webtest.Answer {
		return func(email string) *webtest.Answer { return p.browser().Post("/password/forgot", "email", email) }
	}, unwaited, string(audit.PasswordResetRequested)},
	{"change of address", "/account/email", func(p *portal) func(string) *webtest.Answer {
		b := p.signedIn(p.newUser("Asa"))
		b.Reauth(password)
		return func(email string) *webtest.Answer {
			res := b.Post("/account/email", "email", email)
			res.Body = timeInPage.ReplaceAllLiteralString(res.Body, "") // what is left of the asker's session
			b.Get("/account/email")                                     // takes what is said on the next page
			return res
		}
	}, oneEmail, ""},
	{"challenge for a passkey", "/login/passkey/begin", func(p *portal) func(string) *webtest.Answer {
		return func(email string) *webtest.Answer {
			res := p.browser().postJSON(beginSignIn, map[string]string{"email": email, "username": email})
			res.Body = challengeInJSON.ReplaceAllLiteralString(res.Body, `"challenge":""`)
			return res
		}
	}, nothing, ""},
	{"answer of a passkey", "/login/passkey/finish", func(p *portal) func(string) *webtest.Answer {
		d := newPasskeyDevice(p.t)
		return func(email string) *webtest.Answer {
			b := p.browser()
			d.handle = email
			return b.postJSON("/login/passkey/finish", map[string]any{"assertion": json.RawMessage(d.answers(b.begin(beginSignIn))), "email": email})
		}
	}, nothing, ""},
}

// lockedQuestions are the wrong passwords that meet the limit of their account: the one that is offered a way past, and the next.
var lockedQuestions = []question{
	{"the wrong password after the last free one", "/login", func(p *portal) func(string) *webtest.Answer {
		return func(email string) *webtest.Answer { return p.guessesAfter(guard.AccountHere.Burst, email) }
	}, unwaited, string(audit.LoginLock)},
	{"a wrong password beyond the limit", "/login", func(p *portal) func(string) *webtest.Answer {
		return func(email string) *webtest.Answer { return p.guessesAfter(guard.AccountHere.Burst+1, email) }
	}, nothing, ""},
}

// guessesAfter is a wrong password after others from the same network, which is a new one.
func (p *portal) guessesAfter(others int, email string) *webtest.Answer {
	p.t.Helper()
	defer func(before ratelimit.Limiter) { p.limits.Limiter = before }(p.limits.Limiter)
	p.limits.Limiter = ratelimit.NewMemory()
	b := p.browser()
	for i := range others {
		_, err := p.app.Guard.BeginSignIn(p.t.Context(), auth.PasswordSignIn{Email: email, Password: password}, device.Client{IP: b.IP})
		if (err != nil) != (i >= guard.AccountHere.Burst) {
			p.t.Fatal(err)
		}
	}
	if others > guard.AccountHere.Burst {
		p.app.Guard.OffersUnlock(p.t.Context(), email)
	}
	return b.guess(email).Want(http.StatusTooManyRequests)
}

var (
	challengeInJSON = regexp.MustCompile(`"challenge":"[^"]+"`)
	timeInPage      = regexp.MustCompile(`data-[a-z]+-ms="\d+"|datetime="[^"]*"|\d\d:\d\d UTC`)
)

// nobodyAt is an address that nobody has, at the same host: what is said of demo addresses is said of all of them.
func nobodyAt(email string) string {
	local, _, _ := strings.Cut(webtest.Email(), "@")
	_, host, _ := strings.Cut(email, "@")
	return local + "@" + host
}

// states are what an address can be to the portal.
var states = map[string]func(p *portal) (email string){
	"unknown": func(*portal) string { return webtest.Email() },
	"known":   func(p *portal) string { return p.newUser("Kay").Email },
	"with an app": func(p *portal) string {
		u, _, _ := p.enrolled("Kay")
		return u.Email
	},
	"with a passkey": func(p *portal) string {
		u := p.newUser("Kay")
		p.signedIn(u).passkeyOf("Laptop")
		return u.Email
	},
	"disabled": func(p *portal) string {
		u := p.newUser("Dis")
		p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, longAgo, u.ID)
		return u.Email
	},
	"unconfirmed": func(p *portal) string {
		email := webtest.Email()
		p.browser().Post("/signup", "name", "P", "email", email, "password", password).Want(http.StatusSeeOther)
		return email
	},
	"demo": func(p *portal) string { return p.newDemo().Email },
	"demo over": func(p *portal) string {
		u := p.newDemo()
		p.exec(`UPDATE users SET demo_until = $1 WHERE id = $2`, longAgo, u.ID)
		return u.Email
	},
}

func (p *portal) newDemo() auth.User {
	p.t.Helper()
	proof, _, err := p.demos.NewDemo(p.t.Context(), device.Client{})
	if err != nil {
		p.t.Fatal(err)
	}
	return proof.User()
}

// Whatever an address is to the portal, status, headers, cookies and page are the same byte for byte.
func TestOneAnswer(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	for _, q := range questions {
		ask := q.begin(p)
		for state, make := range states {
			email := make(p)
			sameAnswer(t, q.name+": "+state, ask(email), ask(nobodyAt(email)))
		}
	}
}

// The right password of an account that cannot be signed in to is a wrong one.
func TestOneAnswerToTheRightPassword(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	want := p.browser().guess(webtest.Email()).Want(http.StatusUnprocessableEntity)
	signIn := func(email, password string) *webtest.Answer {
		return p.browser().Post("/login", "email", email, "password", password).Want(http.StatusUnprocessableEntity)
	}
	for what, got := range map[string]*webtest.Answer{
		"disabled": signIn(states["disabled"](p), password), "unconfirmed": signIn(states["unconfirmed"](p), password),
		"no address": signIn("not an address", password), "empty": signIn("", ""),
	} {
		sameAnswer(t, what, got, want)
	}
}

// Throttling counts addresses that have an account like those that have none.
func TestOneAnswerWhenThrottled(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		var want *webtest.Answer
		for state, make := range states {
			if state == "unconfirmed" {
				continue // its email is sent from outside the bubble
			}
			p.limits.Reset(t.Context(), "address:"+customer(p.browser().IP))
			email := make(p)
			for range guard.AccountHere.Burst {
				p.browser().guess(email).Want(http.StatusUnprocessableEntity)
			}
			got := p.browser().guess(email).Want(http.StatusTooManyRequests)
			if want == nil {
				want = got
			}
			sameAnswer(t, state, got, want) // Retry-After included: the clock stands still
		}
	})
}

// Whatever an address is, as many statements are done for it, those of the background included, up to the limit of wrong passwords
// and beyond it.
func TestSameWork(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) (*store.Store, *storetest.Counter){
		"sqlite": storetest.CountingSQLite, "postgres": storetest.CountingPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			s, statements := open(t)
			p := portalOn(t, backend{store: s, bags: s.Bags()}, nil)
			p.limits.Limiter = limiterOff{}
			const asksToUse = "Somebody, probably you, wants" // the email of a change of address, whoever has the new one
			all := 0
			for _, q := range slices.Concat(questions, lockedQuestions) {
				ask := q.begin(p)
				count := func(email string, want int) (least int) {
					least = 1000
					for n := 0; n < 3 && least != want; n++ { // something else may be at work beside one of them
						messages, logged := len(p.textsTo(email, asksToUse)), p.log.Len()
						statements.Taken()
						ask(email)
						p.awaitLog(logged, q.logs)
						if q.background == oneEmail {
							p.nextEmail(email, asksToUse, messages)
						}
						least = min(least, statements.Taken())
					}
					return least
				}
				unknown := count(webtest.Email(), 0)
				for _, state := range []string{"known", "with an app", "with a passkey"} {
					if got := count(states[state](p), unknown); got != unknown {
						t.Errorf("%s: %d statements for an unknown address, %d for one %s, want as many", q.name, unknown, got, state)
					}
				}
				all += unknown
			}
			if all == 0 {
				t.Error("no statement was counted")
			}
		})
	}
}

// What follows from there being an account or none is done in the background: while nothing can be written to the database the
// answer comes, and says the same.
func TestNothingIsAwaited(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for _, q := range questions {
			if q.background != unwaited {
				continue
			}
			ask, known := q.begin(p), p.newUser("Kay").Email
			release := p.holdWriters()
			sameAnswer(t, q.name, ask(known), ask(webtest.Email()))
			release()
			if strings.Contains(p.log.String(), "background work failed") {
				t.Fatalf("%s: the answer waited until the work in the background was given up", q.name)
			}
			p.nextEmail(known, "", 0) // which was waiting all the while
		}
	})
}

// awaitLog waits until that was logged after so many bytes.
func (p *portal) awaitLog(after int, what string) {
	p.t.Helper()
	const failed = "background work failed"
	if p.log.Await(after, what, failed) == failed {
		p.t.Fatalf("%s is not logged", what)
	}
}

// holdWriters lets nobody write until release: to no table on SQLite, and to no account on PostgreSQL.
func (p *portal) holdWriters() (release func()) {
	p.t.Helper()
	tx, err := p.store.DB().BeginTx(p.t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(p.t.Context(), `UPDATE users SET name = name`)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return func() {
		p.t.Helper()
		if err := tx.Rollback(); err != nil {
			p.t.Fatal(err)
		}
	}
}

func sameAnswer(t *testing.T, what string, got, want *webtest.Answer) {
	t.Helper()
	for _, res := range []*webtest.Answer{got, want} {
		res.Header.Del("Content-Length") // it counts what the person typed, and the pages themselves are compared
	}
	if got.StatusCode != want.StatusCode || !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
		t.Errorf("%s: got %d %v, want %d %v", what, got.StatusCode, got.Header, want.StatusCode, want.Header)
	}
	if withoutTyped(got.Body) != withoutTyped(want.Body) {
		t.Errorf("%s: another page:\n%s\nwant\n%s", what, webtest.Text(got.Body), webtest.Text(want.Body))
	}
}

// withoutTyped is a page without what the person typed.
func withoutTyped(body string) string {
	parts := strings.Split(body, `value="`)
	for i := range parts[1:] {
		_, parts[i+1], _ = strings.Cut(parts[i+1], `"`)
	}
	return strings.Join(parts, `value="`)
}
