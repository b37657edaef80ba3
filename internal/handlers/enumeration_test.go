package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store/storetest"
)

// A question is a form by which somebody could find out who has an account (ASVS v5.0.0-6.3.8). It is begun once and asks
// about one address a time. What it answers is compared here, byte for byte and by the statements it takes, and by the
// clock in TestDurationsTellNothing.
type question struct {
	name   string
	begin  func(p *portal) (ask func(email string) *answer)
	beside work
}

// work is what a question leaves to be done beside its answer.
type work int

const (
	nothing   work = iota
	oneLetter      // a letter goes to the address whatever it is, after as many statements
	different      // for an account there is more to do; TestNothingIsAwaited shows that the answer does not wait for it
)

var questions = []question{
	{"sign-in", func(p *portal) func(string) *answer {
		return func(email string) *answer { return p.browser().guess(email) }
	}, nothing},
	{"sign-up", func(p *portal) func(string) *answer {
		return func(email string) *answer {
			return p.browser().post("/signup", "name", "Grace", "email", email, "password", otherPassword)
		}
	}, nothing},
	{"forgotten password", func(p *portal) func(string) *answer {
		return func(email string) *answer { return p.browser().post("/password/forgot", "email", email) }
	}, different},
	{"change of address", func(p *portal) func(string) *answer {
		b := p.signedIn(p.newUser("Asker"))
		b.reauth(password)
		return func(email string) *answer {
			res := b.post("/account/email", "email", email)
			res.body = timeInPage.ReplaceAllLiteralString(res.body, "") // what is left of the asker's session
			b.get("/account/email")                                     // takes what is said on the next page
			return res
		}
	}, oneLetter},
	{"challenge for a passkey", func(p *portal) func(string) *answer {
		return func(email string) *answer {
			res := p.browser().postJSON(beginSignIn, map[string]string{"email": email, "username": email})
			res.body = challengeInJSON.ReplaceAllLiteralString(res.body, `"challenge":""`)
			return res
		}
	}, nothing},
	{"answer of a passkey", func(p *portal) func(string) *answer {
		d := newPasskeyDevice(p.t)
		return func(email string) *answer {
			b := p.browser()
			d.handle = email
			return b.postJSON("/login/passkey/finish", map[string]any{"assertion": json.RawMessage(d.answers(b.begin(beginSignIn))), "email": email})
		}
	}, nothing},
}

var (
	challengeInJSON = regexp.MustCompile(`"challenge":"[^"]+"`)
	timeInPage      = regexp.MustCompile(`data-[a-z]+-ms="\d+"|datetime="[^"]*"|\d\d:\d\d UTC`)
)

// nobodyAt is an address that nobody has, at the same host: what is said of demo addresses is said of all of them.
func nobodyAt(email string) string {
	local, _, _ := strings.Cut(newEmail(), "@")
	_, host, _ := strings.Cut(email, "@")
	return local + "@" + host
}

// states are what an address can be to the portal.
var states = map[string]func(p *portal) (email string){
	"unknown": func(*portal) string { return newEmail() },
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
		email := newEmail()
		p.browser().post("/signup", "name", "P", "email", email, "password", password).want(http.StatusSeeOther)
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
	proof, _, err := p.auth.NewDemo(p.t.Context(), auth.Client{})
	if err != nil {
		p.t.Fatal(err)
	}
	return proof.User()
}

// Whatever an address is to the portal, status, headers, cookies and page are the same byte for byte.
func TestOneAnswer(t *testing.T) {
	p := newPortal(t)
	p.app.Attempts = limiterOff{}
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
	p := newPortal(t)
	want := p.browser().guess(newEmail()).want(http.StatusUnprocessableEntity)
	signIn := func(email, password string) *answer {
		return p.browser().post("/login", "email", email, "password", password).want(http.StatusUnprocessableEntity)
	}
	for what, got := range map[string]*answer{
		"disabled": signIn(states["disabled"](p), password), "unconfirmed": signIn(states["unconfirmed"](p), password),
		"no address": signIn("not an address", password), "empty": signIn("", ""),
	} {
		sameAnswer(t, what, got, want)
	}
}

// Throttling counts addresses that have an account like those that have none.
func TestOneAnswerWhenThrottled(t *testing.T) {
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		var want *answer
		for state, make := range states {
			if state == "unconfirmed" {
				continue // its letter is sent from outside the bubble
			}
			p.app.Attempts.Reset(t.Context(), "address:"+network(p.browser().ip))
			email := make(p)
			for range perAccountHere.Burst {
				p.browser().guess(email).want(http.StatusUnprocessableEntity)
			}
			got := p.browser().guess(email).want(http.StatusTooManyRequests)
			if want == nil {
				want = got
			}
			sameAnswer(t, state, got, want) // Retry-After included: the clock stands still
		}
	})
}

// Whatever an address is, its answer takes as many statements: none more is written for one that has an account.
func TestSameWork(t *testing.T) {
	sqlite, sqliteStatements := storetest.CountingSQLite(t)
	postgres, postgresStatements := storetest.CountingPostgres(t)
	for name, on := range map[string]struct {
		backend
		statements *storetest.Counter
	}{
		"sqlite":   {backend{store: sqlite, bags: session.SQLBags{DB: sqlite.DB()}}, sqliteStatements},
		"postgres": {backend{store: postgres, bags: session.SQLBags{DB: postgres.DB()}}, postgresStatements},
	} {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, on.backend, nil)
			p.app.Attempts = limiterOff{}
			all := 0
			for _, q := range questions {
				if q.beside == different {
					continue
				}
				ask := q.begin(p)
				count := func(email string, want int) (least int) {
					least = 1000
					for n := 0; n < 3 && least != want; n++ { // something else may be at work beside one of them
						letters := len(p.textsTo(email, ""))
						on.statements.Taken()
						ask(email)
						if q.beside == oneLetter {
							p.nextLetter(email, "", letters)
						}
						least = min(least, on.statements.Taken())
					}
					return least
				}
				unknown := count(newEmail(), 0)
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

// What takes longer for an account than for nobody is done beside the answer: while nothing can be written to the
// database the answer comes, and says the same.
func TestNothingIsAwaited(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		for _, q := range questions {
			if q.beside != different {
				continue
			}
			ask, known := q.begin(p), p.newUser("Kay").Email
			tx, err := p.store.DB().BeginTx(t.Context(), nil) // holds all writers on SQLite
			if err == nil {
				_, err = tx.ExecContext(t.Context(), `UPDATE users SET name = name`) // and those of any account on PostgreSQL
			}
			if err != nil {
				t.Fatal(err)
			}
			sameAnswer(t, q.name, ask(known), ask(newEmail()))
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(p.log.String(), "beside the answer") {
				t.Fatalf("%s: the answer waited until the work beside it was given up", q.name)
			}
			p.nextLetter(known, "", 0) // which was waiting all the while
		}
	})
}

func sameAnswer(t *testing.T, what string, got, want *answer) {
	t.Helper()
	for _, res := range []*answer{got, want} {
		res.Header.Del("Content-Length") // it counts what the person typed, and the pages themselves are compared
	}
	if got.StatusCode != want.StatusCode || !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
		t.Errorf("%s: got %d %v, want %d %v", what, got.StatusCode, got.Header, want.StatusCode, want.Header)
	}
	if withoutTyped(got.body) != withoutTyped(want.body) {
		t.Errorf("%s: another page:\n%s\nwant\n%s", what, text(got.body), text(want.body))
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

// took is how long one answer takes.
func took(ask func(string) *answer, email string) time.Duration {
	began := time.Now()
	ask(email)
	return time.Since(began)
}
