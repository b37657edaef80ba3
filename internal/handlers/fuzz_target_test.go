package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// A target is the whole portal with one person in it, signed in and re-authenticated on one device, and no limits: they
// would answer nearly every hostile request themselves. Whatever is sent there, facts must stay what they were.
type target struct {
	http.Handler
	app    *app
	db     *store.Store
	user   auth.User
	token  string // of the one session
	before string // facts
}

func newTarget(f *testing.F) *target {
	f.Helper()
	s := &target{db: storetest.SQLite(f)}
	log := slog.New(slog.DiscardHandler)
	sealer := testSealer(f)
	sessions := bag.New(s.db.Bags(), sealer, true, false, log)
	post := mail.NewOutbox(mail.Options{Store: s.db, Sealer: sealer, Sender: &mail.Mailbox{}, Log: log})
	f.Cleanup(func() { _ = post.Close(context.Background()) })
	policy := testPolicy
	policy.Idle = policy.Lifetime // a run may take an hour
	o := Options{
		Drafts: draft.New(s.db, sealer), Acts: act.NewActs(s.db, sealer), Bag: sessions, Outbox: post, Log: log, BaseURL: portalURL,
	}
	err := o.people(s.db, sealer, policy, limiterOff{}, limiterOff{}, log)
	if err != nil {
		f.Fatal(err)
	}
	o.Billing = billing.New(s.db.Ledger(o.Audit), billing.Sandbox{}, log)
	s.app, err = newApp(o)
	if err != nil {
		f.Fatal(err)
	}
	s.Handler = s.app.router()
	if s.user, err = o.Accounts.CreateUser(f.Context(), "Target", webtest.Email(), password, auth.RoleMember); err != nil {
		f.Fatal(err)
	}
	r := s.request(http.MethodPost, "/login", "", url.Values{"email": {s.user.Email}, "password": {password}}.Encode())
	line := s.answer(r).Header().Get("Set-Cookie")
	if cookie, err := http.ParseSetCookie(line); err == nil {
		s.token = cookie.Value
	}
	if s.answer(s.request(http.MethodGet, "/account", s.token, "")).Code != http.StatusOK {
		f.Fatal("not signed in")
	}
	if _, err := s.db.DB().ExecContext(f.Context(), `UPDATE sessions SET elevated_until = expires_at`); err != nil {
		f.Fatal(err)
	}
	s.before = s.facts(f)
	return s
}

// request is what a page of the portal would send in a browser with that session, "" for a stranger: a form.
func (s *target) request(method, path, token, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "https://portal.test/", strings.NewReader(body))
	r.RequestURI = path
	r.URL, _ = url.ParseRequestURI(path)
	r.Header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://portal.test"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	if token != "" {
		r.Header.Set("Cookie", "__Host-id="+token)
	}
	return r
}

func (s *target) answer(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// facts are what no hostile request changes: who there is, how they sign in, and who is signed in.
func (s *target) facts(t testing.TB) (facts string) {
	t.Helper()
	err := s.db.DB().QueryRowContext(context.Background(), `
		SELECT group_concat(users.id || email || password_hash || epoch || role || coalesce(disabled_at, '') || coalesce(delete_after, '')) ||
			' sessions ' || (SELECT group_concat(id || token_hash || coalesce(ended_at, '') || flag) FROM sessions) ||
			' factors ' || (SELECT count(*) FROM passkeys) || (SELECT count(*) FROM totp_secrets) || (SELECT count(*) FROM recovery_codes) ||
			' payments ' || (SELECT count(*) FROM payments)
		FROM users`).Scan(&facts)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// canary in what is sent would break out of a page that does not escape it. Inputs name it by a word that survives mutation.
const canary = `"zq='<zq>`

func withCanary(input string, escape func(string) string) string {
	return strings.ReplaceAll(input, "CANARY", escape(canary))
}

func raw(text string) string { return text }

// send answers the request and returns the answer, if it is one that anybody may see for anything they send.
func (s *target) send(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := s.answer(r)
	header, body := w.Header(), w.Body.String()
	what := r.Method + " " + r.RequestURI
	if w.Code < 200 || w.Code >= 500 {
		t.Errorf("%s: got %d\n%s", what, w.Code, webtest.Text(body))
	}
	for name, lines := range header {
		if strings.ContainsAny(name+strings.Join(lines, ""), "\r\n\x00") {
			t.Errorf("%s: header %q: %q", what, name, lines)
		}
	}
	if header.Get("Content-Security-Policy") != contentSecurityPolicy || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: the headers that go out with every answer are not there", what)
	}
	kind := header.Get("Content-Type")
	if strings.HasPrefix(kind, "text/html") && (strings.Contains(body, `"zq=`) || strings.Contains(body, "<zq>") || !utf8.ValidString(body)) {
		t.Errorf("%s: the page repeats what was sent as it was", what)
	}
	if location := header.Get("Location"); location != "" && !staysHere(location) {
		t.Errorf("%s: sent to %q", what, location)
	}
	for _, line := range header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(line, "=")
		if !slices.Contains([]string{"__Host-id", "__Host-ended", "__Host-pending", "__Host-reset", "__Host-email", "__Host-confirm", "__Host-undo", "__Host-look"}, name) {
			t.Errorf("%s: sets %q", what, line)
		}
	}
	if after := s.facts(t); after != s.before {
		t.Fatalf("%s: %s, before: %s", what, after, s.before)
	}
	return w
}

// staysHere reports whether a browser that reads the URL stays on the portal. Browsers drop control characters and take
// backslashes for slashes.
func staysHere(location string) bool {
	read := strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(strings.TrimFunc(location, func(c rune) bool { return c <= ' ' }))
	u, err := portalURL.Parse(read)
	return err == nil && u.Scheme == "https" && u.Host == portalURL.Host && u.User == nil
}
