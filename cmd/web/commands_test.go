package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// operate runs a command on the database of the portal, as the operator ada.
func (p *program) operate(t testing.TB, args ...string) (stdout string, err error) {
	t.Helper()
	out, _, err := command(t, "", slices.Concat(args, p.data)...)
	return out, err
}

// jsonLines reads the lines of JSON that a command writes with --json.
func jsonLines[T any](t testing.TB, out string) (all []T) {
	t.Helper()
	for line := range strings.Lines(out) {
		var one T
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all = append(all, one)
	}
	return all
}

// wantCode fails unless the error ends the program with the code.
func wantCode(t testing.TB, err error, code int) {
	t.Helper()
	if err == nil || exitCode(err) != code {
		t.Errorf("got %v, want an error of code %d", err, code)
	}
}

var whyFlags = []string{"--reason=Reported by phone", "--operator=ada"}

// An order about an account goes through what the pages of administrators use: it has a reason, ends what has to end, names the
// operator in the trail, and is told on the page and in an email.
func TestUserOrders(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, on(t))
			email := p.account(t, "Lotte Reis")
			c := p.Client(t)
			c.SignIn(email, webtest.Password)

			_, err := p.operate(t, "user", "disable", "--email="+email)
			wantCode(t, err, codeUsage)
			_, err = p.operate(t, "user", "disable", "--email="+email, "--reason= ")
			wantCode(t, err, codeFailed)
			if !c.Alive() {
				t.Fatal("something was done without a reason")
			}
			out, err := p.operate(t, append([]string{"user", "disable", "--email=" + email}, whyFlags...)...)
			if want := "Switched off " + email + ". Sessions ended: 1.\n"; err != nil || out != want {
				t.Fatalf("got %v and %q, want %q", err, out, want)
			}
			if c.Alive() {
				t.Error("a session of an account that is switched off lives")
			}
			_, err = p.operate(t, append([]string{"user", "disable", "--email=" + email}, whyFlags...)...)
			wantCode(t, err, codeUnchanged)
			_, err = p.operate(t, append([]string{"user", "disable", "--email=nobody@example.net"}, whyFlags...)...)
			wantCode(t, err, codeNotFound)

			out, err = p.operate(t, append([]string{"user", "enable", "--email=" + email, "--json"}, whyFlags...)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := jsonLines[ordered](t, out)[0]; got.Action != "enable" || got.Email != email || got.Operator != "ada" || !got.Told {
				t.Errorf("got %+v", got)
			}
			if c.Alive() {
				t.Error("an ended session came back")
			}
			c = p.Client(t)
			c.SignIn(email, webtest.Password)
			c.Get("/account/activity").Says("An operator switched off this account. Reason: Reported by phone")
			webtest.Until(t, "the emails", func() bool {
				mails := c.Get("/dev/mail").Body
				return strings.Contains(mails, "An operator switched off your account") && strings.Contains(mails, "An operator switched on again your account")
			})
			var named int
			p.ask(t, `SELECT count(*) FROM events WHERE other_id = 'operator:ada' AND by_role = 'operator' AND note = 'Reported by phone' AND kind = 'authz_admin'`, nil, &named)
			if named != 2 {
				t.Errorf("%d events name the operator, want 2", named)
			}
		})
	}
}

// The operator makes the first administrator, and cannot take the last away.
func TestUserRoles(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := on(t)
			p := start(t, data)
			webtest.Until(t, "the administrator of the first start", func() bool {
				n, err := p.db.CountUsers(t.Context())
				return n == 1 && err == nil
			})
			p.change(t, `UPDATE users SET role = 'member'`)
			email := p.account(t, "Ulla Berg")
			role := func(role string) error {
				_, err := p.operate(t, append([]string{"user", "role", "--email=" + email, "--role=" + role}, whyFlags...)...)
				return err
			}
			if err := role("admin"); err != nil {
				t.Fatal(err)
			}
			c := p.Client(t)
			c.SignIn(email, webtest.Password)
			c.Get("/account/activity").Says("An operator gave the role of administrator to this account")
			for _, last := range []error{role("member"), func() error {
				_, err := p.operate(t, append([]string{"user", "disable", "--email=" + email}, whyFlags...)...)
				return err
			}()} {
				if wantCode(t, last, codeFailed); last != nil && !strings.Contains(last.Error(), "nobody would be left") {
					t.Errorf("got %v, want that nobody would be left", last)
				}
			}
			c.Reauth(webtest.Password)
			c.Get("/admin/events").Want(http.StatusOK).Says("ada (operator) gave the role of administrator to this account")
			if err := role("admin"); exitCode(err) != codeUnchanged {
				t.Errorf("got %v, want that it was so already", err)
			}
		})
	}
}

func TestUserListAndShow(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, on(t))
			var emails []string
			for range 32 { // more than a page of the list
				emails = append(emails, p.account(t, "Ida Sorensen"))
			}
			out, err := p.operate(t, "user", "list", "--search=sorensen", "--json")
			if err != nil {
				t.Fatal(err)
			}
			listed := map[string]bool{}
			for _, one := range jsonLines[personLine](t, out) {
				listed[one.Email] = true
			}
			if len(listed) != len(emails) {
				t.Errorf("%d accounts, want %d", len(listed), len(emails))
			}
			if out, err = p.operate(t, "user", "list", "--limit=3"); err != nil || strings.Count(out, "\n") != 4 || !strings.Contains(out, "Ida Sorensen") {
				t.Errorf("got %v and %q, want a head and three lines", err, out)
			}
			c := p.Client(t)
			c.SignIn(emails[0], webtest.Password)
			if out, err = p.operate(t, "user", "show", "--email="+emails[0], "--json"); err != nil {
				t.Fatal(err)
			}
			one := jsonLines[shown](t, out)[0]
			if one.Email != emails[0] || len(one.Sessions) != 1 || one.Sessions[0].Session != c.Handle() || len(one.Events) == 0 {
				t.Errorf("got %+v, want the account with its session and events", one)
			}
			out, err = p.operate(t, "user", "show", "--id="+one.ID)
			if err != nil || !strings.Contains(out, c.Handle()) || !strings.Contains(out, "authn_login_success") {
				t.Errorf("got %v and\n%s", err, out)
			}
			_, err = p.operate(t, "user", "show", "--id="+one.Sessions[0].Session)
			wantCode(t, err, codeNotFound)
		})
	}
}

func TestSessionsCommands(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, on(t))
			email, other := p.account(t, "Lotte Reis"), p.account(t, "Otto Berg")
			clients := make([]*webtest.Client, 3)
			for i, address := range []string{email, email, other} {
				clients[i] = p.Client(t)
				clients[i].SignIn(address, webtest.Password)
			}
			alive := func(want ...bool) {
				t.Helper()
				for i, w := range want {
					if clients[i].Alive() != w {
						t.Errorf("session %d lives: %t, want %t", i, !w, w)
					}
				}
			}
			theirs := clients[2].Handle()
			_, err := p.operate(t, append([]string{"sessions", "end", "--email=" + email, "--session=" + theirs}, whyFlags...)...)
			wantCode(t, err, codeNotFound)
			alive(true, true, true)
			p.change(t, `
				INSERT INTO bags (key, sealed, expires_at) SELECT token_hash, 'x', expires_at FROM sessions WHERE id = $1 ON CONFLICT DO NOTHING`, clients[0].Handle())
			one := []string{"sessions", "end", "--email=" + email, "--session=" + clients[0].Handle()}
			if _, err := p.operate(t, append(one, whyFlags...)...); err != nil {
				t.Fatal(err)
			}
			alive(false, true, true)
			var bags int
			if p.ask(t, `SELECT count(*) FROM bags WHERE key IN (SELECT token_hash FROM sessions WHERE ended_at IS NOT NULL)`, nil, &bags); bags != 0 && len(p.data) == 1 {
				t.Error("the bag of an ended session is there") // in Redis it is somewhere else
			}
			_, err = p.operate(t, append(one, whyFlags...)...)
			wantCode(t, err, codeUnchanged)
			out, err := p.operate(t, "sessions", "list", "--email="+email, "--json")
			if lines := jsonLines[sessionLine](t, out); err != nil || len(lines) != 2 || lines[1].Reason != "admin" || lines[0].EndedAt != nil {
				t.Errorf("got %v and %+v, want the one that lives and the one that ended", err, lines)
			}
			if out, err = p.operate(t, "sessions", "list", "--email="+email, "--no-ended"); err != nil || strings.Count(out, "\n") != 2 {
				t.Errorf("got %v and %q, want a head and one line", err, out)
			}
			out, err = p.operate(t, append([]string{"sessions", "end-all"}, whyFlags...)...)
			if err != nil || !strings.Contains(out, "Sessions ended: 2.") {
				t.Fatalf("got %v and %q", err, out)
			}
			alive(false, false, false)
			c := p.Client(t)
			c.SignIn(other, webtest.Password)
			c.Get("/account/activity").Says("An operator signed out everybody. Reason: Reported by phone")
			webtest.Until(t, "the email", func() bool {
				return strings.Contains(c.Get("/dev/mail").Body, "An operator signed out everybody")
			})
			_, err = p.operate(t, "sessions", "end-all", "--reason= ")
			wantCode(t, err, codeFailed)
		})
	}
}

func TestEventsExport(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, on(t))
			email, other := p.account(t, "Lotte Reis"), p.account(t, "Otto Berg")
			c := p.Client(t)
			c.SignIn(email, webtest.Password)
			p.Client(t).Post("/login", "email", email, "password", "something else entirely")
			if _, err := p.operate(t, append([]string{"sessions", "end", "--email=" + email}, whyFlags...)...); err != nil {
				t.Fatal(err)
			}
			export := func(args ...string) (kinds []string, lines []eventLine) {
				t.Helper()
				out, err := p.operate(t, append([]string{"events", "export"}, args...)...)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range jsonLines[eventLine](t, out) {
					kinds, lines = append(kinds, e.Kind), append(lines, e)
				}
				return kinds, lines
			}
			all, lines := export("--email=" + email)
			for _, want := range []string{"user_created", "authn_login_success", "authn_login_fail", "session_expired", "authz_admin"} {
				if !slices.Contains(all, want) {
					t.Errorf("no %s in %q", want, all)
				}
			}
			if !slices.IsSortedFunc(lines, func(a, b eventLine) int { return b.At.Compare(a.At) }) {
				t.Error("not the newest first")
			}
			if kinds, lines := export("--kind=authz_admin"); len(kinds) != 1 || lines[0].By != "ada" || lines[0].ByRole != "operator" || lines[0].Name != "Lotte Reis" {
				t.Errorf("got %+v, want the order of the operator", lines)
			}
			if kinds, _ := export("--kind=user_created", "--kind=authn_login_fail", "--email="+email); len(kinds) != 2 {
				t.Errorf("got %q, want two kinds", kinds)
			}
			if kinds, _ := export("--email=" + other); !slices.Equal(kinds, []string{"user_created"}) {
				t.Errorf("got %q of another account", kinds)
			}
			if kinds, _ := export("--until=24h"); len(kinds) != 0 {
				t.Errorf("got %q, want nothing from before yesterday", kinds)
			}
			if kinds, _ := export("--since=24h", "--limit=2"); len(kinds) != 2 {
				t.Errorf("got %q, want two", kinds)
			}
			_, err := p.operate(t, "events", "export", "--since=yesterday")
			wantCode(t, err, codeFailed)

			file := filepath.Join(t.TempDir(), "events.jsonl")
			if out, err := p.operate(t, "events", "export", "--output="+file); err != nil || out != "" {
				t.Fatalf("got %v and %q", err, out)
			}
			wantPrivate(t, file)
			if _, err := p.operate(t, "events", "export", "--output="+file); err == nil {
				t.Error("a file that exists was written over")
			}
		})
	}
}

// wantPrivate fails unless the file has something in it, and its owner alone has rights to it.
func wantPrivate(t testing.TB, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() == 0 || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%s has %d bytes and the rights %o, want 600", filepath.Base(file), info.Size(), info.Mode().Perm())
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out, _, err := command(t, "", "version", "--json", "--profile=vault") // asked where the settings are wrong
	if err != nil {
		t.Fatal(err)
	}
	if v := jsonLines[version](t, out)[0]; v.Schema < 25 || v.Go == "" || v.Platform == "" {
		t.Errorf("got %+v", v)
	}
	if out, _, err = command(t, "", "version"); err != nil || !strings.HasPrefix(out, "Gatehouse ") {
		t.Errorf("got %v and %q", err, out)
	}
	_, _, err = command(t, "", "versions")
	wantCode(t, err, codeUsage)
}
