package handlers

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/held"
	"example.com/gatehouse/internal/limit"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store/storetest"
)

// FuzzRequest sends the whole portal what no browser would: it answers, the fault is never ours, and nobody is signed in.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][5]string{
		{"POST", "/login", "__Host-id=x", "application/x-www-form-urlencoded", "email=a@b.example&password=x&next=//evil"},
		{"GET", "/account/sessions/%00/end?next=%ff", "__Host-id=" + strings.Repeat("A", 43), "", ""},
		{"POST", "/session/extend", `__Host-id="quoted"; __Host-id=again; __Host-ended=%00`, "text/plain", "{"},
		{"POST", "/basket", "__Host-look=dark.off", "application/x-www-form-urlencoded; charset=x", "plan=hall&plan=keep&%zz"},
		{"POST", "/email/confirm/..%2f", "", "multipart/form-data; boundary=x", "--x--"},
		{"GET", "/account/activity.csv?before=~&kind=%00&q=" + strings.Repeat("%41", 400), "", "", ""},
		{"PATCH", "/billing/receipts/AAAAAAAAAAAAAAAAAAAAAAAAAA", "", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	portal, signedIn := bare(f)
	f.Fuzz(func(t *testing.T, method, path, cookie, kind, body string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/") {
			return // net/http refuses such a request line before it asks the portal
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://portal.test/", strings.NewReader(body))
		r.Method, r.URL, r.RequestURI = method, u, path
		r.Header = http.Header{"Cookie": {cookie}, "Content-Type": {kind}, "Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://portal.test"}}
		w := httptest.NewRecorder()
		portal.ServeHTTP(w, r)
		if w.Code < 200 || w.Code >= 500 {
			t.Errorf("%s %q: got %d\n%s", method, path, w.Code, text(w.Body.String()))
		}
		if n := signedIn(); n != 0 {
			t.Fatalf("%s %q: %d sessions", method, path, n)
		}
	})
}

// bare is a portal on a database of its own without anybody in it, and a count of its sessions.
func bare(f *testing.F) (http.Handler, func() int) {
	f.Helper()
	db := storetest.SQLite(f)
	log := slog.New(slog.DiscardHandler)
	sealer, err := session.NewSealer([][]byte{testKey})
	if err != nil {
		f.Fatal(err)
	}
	sessions, err := session.New(session.Options{Bags: session.SQLBags{DB: db.DB()}, Keys: [][]byte{testKey}, Secure: true, Log: log})
	if err != nil {
		f.Fatal(err)
	}
	post := mail.NewPost(mail.Options{Store: db, Sealer: sealer, Sender: &mail.Outbox{}, Log: log})
	f.Cleanup(func() { _ = post.Close(f.Context()) })
	policy := testPolicy
	policy.Browser = DeviceName
	service := auth.New(db, sealer, policy, log)
	portal, err := New(Options{
		Auth: service, Billing: billing.New(db.Ledger(service), billing.Sandbox{}, log), Held: held.New(db, sealer), Sessions: sessions,
		Attempts: limit.NewMemory(), Post: post, Log: log, BaseURL: portalURL,
	})
	if err != nil {
		f.Fatal(err)
	}
	return portal, func() (n int) {
		if err := db.DB().QueryRow(`SELECT count(*) FROM sessions`).Scan(&n); err != nil {
			f.Fatal(err)
		}
		return n
	}
}

// FuzzForm reads bodies that are no forms: an error, or text that every page and database can hold.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "name=Ada&held=x")
	f.Add("application/x-www-form-urlencoded; charset=utf-8", "name=%ff&name=%00")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=name\r\n\r\nAda\r\n--x--")
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		fields, err := form(r, "name", "held")
		if err != nil && fields != nil {
			t.Errorf("got %v and %v, want one of them", fields, err)
		}
		for name, value := range fields {
			if name != "name" && name != "held" || !utf8.ValidString(value) || strings.Contains(value, "\x00") {
				t.Errorf("got %q=%q", name, value)
			}
		}
	})
}

// FuzzUserAgent lets clients say anything of themselves: names come from our lists, and what is shown can be seen.
func FuzzUserAgent(f *testing.F) {
	f.Add(firefoxOnWindows)
	f.Add("\u202eevil\u200b\xff\x00" + strings.Repeat("\U0001f600", 90))
	f.Fuzz(func(t *testing.T, agent string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["User-Agent"] = []string{agent}
		kept := clientOf(r).UserAgent
		if len(kept) > maxUserAgent || !utf8.ValidString(kept) || strings.Contains(kept, "\x00") {
			t.Errorf("%q: kept %q", agent, kept)
		}
		name, system, _ := strings.Cut(DeviceName(kept), " on ")
		if name != unknownBrowser && !among(browsers, name) || system != "" && !among(systems, system) {
			t.Errorf("%q: got %q on %q", agent, name, system)
		}
		if cell := inert(kept); cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			t.Errorf("%q: a spreadsheet would run %q", agent, cell)
		}
	})
}

func among(names map[string]string, name string) bool {
	return slices.Contains(slices.Collect(maps.Values(names)), name)
}

// FuzzForwardedFor lets anybody claim an address: only a trusted proxy is believed, and only addresses.
func FuzzForwardedFor(f *testing.F) {
	f.Add("203.0.113.9")
	f.Add("203.0.113.9, 127.0.0.1, unknown, [::1]:80")
	f.Add("203.0.113.9%eth0,\x00")
	const proxy, stranger = "192.0.2.1", "198.51.100.1"
	a := &app{Options: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix(proxy + "/32")}}}
	f.Fuzz(func(t *testing.T, claimed string) {
		for _, peer := range []string{proxy, stranger} {
			var got string
			h := a.clientAddress()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = clientOf(r).IP }))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = peer+":4711", []string{claimed}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if _, err := netip.ParseAddr(got); err != nil && got != "" {
				t.Errorf("%q by %s: got %q, which is no address", claimed, peer, got)
			}
			if peer == stranger && got != stranger && got != "" {
				t.Errorf("%q by a stranger: got %q", claimed, got)
			}
		}
	})
}
