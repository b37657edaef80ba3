package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/held"
	"example.com/gatehouse/internal/limit"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// A portal is the real one on real stores, without a listener: requests are handed to its handler.
type portal struct {
	http.Handler
	t      *testing.T
	app    *app
	auth   *auth.Service
	store  *store.Store
	outbox *postbox
	log    *logBuffer
	owner  *browser // whose passkey a test is about; nil in most
	prefix string   // a network of its own, so that limits kept in a shared Redis do not meet
}

// backend is what a portal under test stands on.
type backend struct {
	store *store.Store
	bags  session.Bags
	pool  *redis.Pool // nil without Redis
}

// sqliteBackend is the default of a newcomer: one file.
func sqliteBackend(t *testing.T) backend {
	s := storetest.SQLite(t)
	return backend{store: s, bags: session.SQLBags{DB: s.DB()}}
}

// serverBackend is PostgreSQL with Redis. It skips without them at home, and fails in CI.
func serverBackend(t *testing.T) backend {
	s := storetest.Postgres(t)
	pool := storetest.Redis(t)
	return backend{store: s, bags: session.NewRedisBags(pool), pool: pool}
}

var backends = map[string]func(*testing.T) backend{"sqlite": sqliteBackend, "postgres and redis": serverBackend}

// testPolicy has round numbers, and a touch interval that lets a test see when activity is written.
var testPolicy = auth.Policy{
	Idle: 30 * time.Minute, Lifetime: 24 * time.Hour, RememberIdle: 7 * 24 * time.Hour, RememberLifetime: 30 * 24 * time.Hour,
	Elevation: 15 * time.Minute, Touch: time.Minute, KeepEnded: 30 * 24 * time.Hour, SessionsPerUser: 5,
	Browser: DeviceName,
}

var portalURL = &url.URL{Scheme: "https", Host: "portal.test"}

// testKey seals the bags of all portals under test, so that several of them can stand before the same stores.
var testKey = bytes.Repeat([]byte{7}, 32)

func newPortal(t *testing.T) *portal { return portalOn(t, sqliteBackend(t), nil) }

// portalOn returns a portal on the given stores. adjust may change the options and the policy first.
func portalOn(t *testing.T, b backend, adjust func(*Options, *auth.Policy)) *portal {
	t.Helper()
	p := &portal{t: t, store: b.store, outbox: newPostbox(t), log: &logBuffer{}, prefix: randomNetwork()}
	log := slog.New(slog.NewJSONHandler(io.MultiWriter(p.log, t.Output()), nil))
	sessions, err := session.New(session.Options{Bags: b.bags, Keys: [][]byte{testKey}, Secure: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := session.NewSealer([][]byte{testKey})
	if err != nil {
		t.Fatal(err)
	}
	post := mail.NewPost(mail.Options{Store: newLetters(t), Sealer: sealer, Sender: p.outbox, Log: log, Now: noTime})
	t.Cleanup(func() { _ = post.Close(context.Background()) })
	o := Options{
		Held:     held.New(b.store, sealer),
		Sessions: sessions, Attempts: limit.NewMemory(), Post: post, Outbox: p.outbox.Outbox, Log: log,
		BaseURL: portalURL, Warning: 2 * time.Minute, Demo: true,
	}
	if b.pool != nil {
		o.Attempts = limit.NewRedis(b.pool, log)
	}
	policy := testPolicy
	if adjust != nil {
		adjust(&o, &policy)
	}
	p.auth = auth.New(b.store, sealer, policy, log)
	o.Auth = p.auth
	if o.Passkeys, err = auth.NewPasskeys(p.auth, portalURL); err != nil {
		t.Fatal(err)
	}
	o.Billing = billing.New(b.store.Ledger(p.auth), billing.Sandbox{}, log)
	if p.app, err = newApp(o); err != nil {
		t.Fatal(err)
	}
	p.Handler = p.app.router()
	return p
}

const (
	password      = "four quiet lanterns hang"
	otherPassword = "seven patient herons wade"
)

// newEmail is nobody's address yet, on any database.
func newEmail() string { return strings.ToLower(rand.Text()) + "@example.org" }

func randomNetwork() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b)
	return fmt.Sprintf("2001:db8:%x:%x", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3])|1) // a 0 before "::" is never written
}

// firstHash is the password hash of the first account that a test made. A hash costs more than all the rest of most tests.
var firstHash struct {
	sync.Mutex
	encoded string
}

// newUser makes an account with a confirmed address. The first is made as an operator would, the others are rows like it.
func (p *portal) newUser(name string) auth.User {
	p.t.Helper()
	firstHash.Lock()
	defer firstHash.Unlock()
	email, at := newEmail(), time.Now().UTC().Truncate(time.Microsecond)
	if firstHash.encoded == "" {
		u, err := p.auth.CreateUser(p.t.Context(), name, email, password, auth.RoleMember)
		if err != nil {
			p.t.Fatal(err)
		}
		firstHash.encoded = u.PasswordHash
		return u
	}
	u := auth.User{
		ID: rand.Text(), Email: email, EmailKey: email, Name: name, Role: auth.RoleMember,
		PasswordHash: firstHash.encoded, PasswordChangedAt: at, CreatedAt: at,
	}
	e := auth.Event{ID: rand.Text(), UserID: u.ID, Kind: auth.UserCreated, Reason: "operator", At: at}
	if err := p.store.CreateUser(p.t.Context(), u, e); err != nil {
		p.t.Fatal(err)
	}
	p.auth.Log(p.t.Context(), e)
	return u
}

// A browser sends what browsers send and keeps cookies by their raw Set-Cookie lines. It follows no redirect by itself.
type browser struct {
	p       *portal
	cookies map[string]string
	agent   string
	ip      string
}

const (
	firefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
	chromeOnMac      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)

func (p *portal) browser() *browser {
	return &browser{p: p, cookies: map[string]string{}, agent: chromeOnMac, ip: p.prefix + "::7"}
}

// signedIn returns a browser in which u is signed in.
func (p *portal) signedIn(u auth.User) *browser {
	p.t.Helper()
	b := p.browser()
	b.signIn(u.Email, password)
	return b
}

func (b *browser) signIn(email, password string) {
	b.p.t.Helper()
	res := b.post("/login", "email", email, "password", password)
	res.want(http.StatusSeeOther)
	if b.token() == "" {
		b.p.t.Fatalf("sign-in of %s set no cookie", email)
	}
}

// token is the session token the browser holds, "" without one.
func (b *browser) token() string { return b.cookies["__Host-id"] }

// handle is the public name of the browser's session, read from its sessions page.
func (b *browser) handle() string {
	b.p.t.Helper()
	m := regexp.MustCompile(`data-session="([^"]+)"[^>]* data-current`).FindStringSubmatch(b.get("/account/sessions").want(http.StatusOK).body)
	if m == nil {
		b.p.t.Fatal("no current ticket on the sessions page")
	}
	return m[1]
}

func (b *browser) reauth(password string) *answer {
	b.p.t.Helper()
	return b.post("/reauth", "password", password, "next", "/account/sessions")
}

func (b *browser) get(path string) *answer { b.p.t.Helper(); return b.do(b.request("GET", path, nil)) }

// post submits a form of alternating names and values, from a page of the portal.
func (b *browser) post(path string, fields ...string) *answer {
	b.p.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := b.request("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// request is one of this browser, to be changed before it is sent.
func (b *browser) request(method, path string, body io.Reader) *http.Request {
	r := httptest.NewRequestWithContext(b.p.t.Context(), method, "https://portal.test"+path, body)
	r.RemoteAddr = net.JoinHostPort(b.ip, "4711")
	r.Header.Set("User-Agent", b.agent)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == "POST" {
		r.Header.Set("Origin", "https://portal.test")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) do(r *http.Request) *answer {
	b.p.t.Helper()
	w := httptest.NewRecorder()
	b.p.ServeHTTP(w, r)
	res := w.Result()
	a := &answer{t: b.p.t, Response: res, body: w.Body.String(), what: r.Method + " " + r.URL.Path}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return a
}

// follow goes where a redirect points.
func (b *browser) follow(a *answer) *answer {
	b.p.t.Helper()
	return b.get(a.want(http.StatusSeeOther).Header.Get("Location"))
}

// alive reports whether the browser is served as somebody signed in.
func (b *browser) alive() bool {
	b.p.t.Helper()
	return b.get("/account").StatusCode == http.StatusOK
}

// replay asks for the overview with a hand-written cookie, as somebody with a copy of the token would.
func (p *portal) replay(token string) *answer {
	p.t.Helper()
	b := p.browser()
	b.cookies["__Host-id"] = token
	return b.get("/account")
}

type answer struct {
	*http.Response
	t    *testing.T
	body string
	what string
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("%s: got %d (Location %q), want %d\n%s", a.what, a.StatusCode, a.Header.Get("Location"), status, text(a.body))
	}
	return a
}

func (a *answer) location(want string) {
	a.t.Helper()
	a.want(http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != want {
		a.t.Fatalf("%s: got Location %q, want %q", a.what, got, want)
	}
}

func (a *answer) says(words string) *answer {
	a.t.Helper()
	if !strings.Contains(text(a.body), words) {
		a.t.Fatalf("%s: %d, page does not say %q:\n%s", a.what, a.StatusCode, words, text(a.body))
	}
	return a
}

// saysEither is says for words that change with the clock while the test is under way.
func (a *answer) saysEither(words, or string) *answer {
	a.t.Helper()
	if strings.Contains(text(a.body), or) {
		return a
	}
	return a.says(words)
}

func (a *answer) saysNot(words string) *answer {
	a.t.Helper()
	if strings.Contains(text(a.body), words) {
		a.t.Fatalf("%s: page says %q:\n%s", a.what, words, text(a.body))
	}
	return a
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// text is what a person reads of a page.
func text(body string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(tags.ReplaceAllString(body, " "), " "))
}

// logBuffer collects the log, for tests that read it.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// letters keeps what the post keeps, in a database of its own and one statement at a time. The worker of a post is on the
// real clock and in nobody's bubble: on the database of the portal its statements would be counted by tests, and a test
// on a clock of its own would wait no time at all for a lock that the worker holds.
type letters struct {
	mu sync.Mutex
	db *store.Store
}

func newLetters(t *testing.T) *letters { return &letters{db: storetest.SQLite(t)} }

var noTimes atomic.Int64

// noTime moves by no more than the order of letters, so that a letter is due whatever the clock of the test showed when it
// was written. Letters that are due at one instant leave in the order of their ids, which are random.
func noTime() time.Time {
	return time.Date(2000, 1, 1, 0, 0, 0, int(noTimes.Add(1))*int(time.Microsecond), time.UTC)
}

func (l *letters) AddLetter(ctx context.Context, r mail.Row, most int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.AddLetter(ctx, r, most)
}

func (l *letters) ClaimLetter(ctx context.Context, at, until time.Time) (mail.Row, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.ClaimLetter(ctx, at, until)
}

func (l *letters) PostponeLetter(ctx context.Context, r mail.Row, due time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.PostponeLetter(ctx, r, due)
}

func (l *letters) DropLetter(ctx context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.DropLetter(ctx, id)
}

func (l *letters) CountLetters(ctx context.Context) (int, error) { return l.db.CountLetters(ctx) }

// A postbox is an outbox that says when a letter has come in. Letters leave behind the answer, on the real clock,
// whatever the clock of the test shows.
type postbox struct {
	*mail.Outbox
	arrived chan struct{}
	minutes <-chan time.Time // on the real clock, as the letters are
}

// patience is how many minutes may strike before a letter is missed. The first may be left over from before the wait, and
// the second strikes too early: what remains is one whole minute, however long the test has taken until then.
const patience = 3

func newPostbox(t *testing.T) *postbox {
	minutes := time.NewTicker(time.Minute)
	t.Cleanup(minutes.Stop)
	return &postbox{&mail.Outbox{}, make(chan struct{}, 1000), minutes.C}
}

// Send keeps the letter and says so.
func (p *postbox) Send(ctx context.Context, l mail.Letter) error {
	defer func() {
		select {
		case p.arrived <- struct{}{}:
		default: // no wake-up is lost: as many as fit wait to be taken, and after each one every letter is looked at
		}
	}()
	return p.Outbox.Send(ctx, l)
}

// letter waits for a letter to an address and returns the newest about something.
func (p *portal) letter(to, about string) string {
	p.t.Helper()
	for struck := 0; struck < patience; {
		for _, l := range p.outbox.Letters() {
			if l.To == to && strings.Contains(l.Subject+l.Text, about) {
				return l.Text
			}
		}
		select {
		case <-p.outbox.arrived:
		case <-p.outbox.minutes:
			struck++
		}
	}
	p.t.Fatalf("no letter to %s about %q", to, about)
	return ""
}

var letterLink = regexp.MustCompile(`https://portal\.test(/\S+)`)

func linkIn(t *testing.T, letter string) string {
	t.Helper()
	m := letterLink.FindStringSubmatch(letter)
	if m == nil {
		t.Fatalf("no link in the letter:\n%s", letter)
	}
	return m[1]
}

// count asks the database.
func (p *portal) count(query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := p.store.DB().QueryRowContext(p.t.Context(), query, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}
