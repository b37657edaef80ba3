package handlers

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// saidOfCookie are the attributes that the page says the cookie has.
func saidOfCookie(a *webtest.Answer) (said []string) {
	section := between(a.Want(http.StatusOK).Body, `id="cookie"`, `</section>`)
	for _, m := range regexp.MustCompile(`<dt><code>([^<]+)</code>`).FindAllStringSubmatch(section, -1) {
		said = append(said, m[1])
	}
	slices.Sort(said)
	return said
}

// The page says of the cookie what the answer to the sign-in said to the browser.
func TestInspectorTellsTheCookie(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, cookie, remember string
		secure                 bool
		absent                 []string
	}{
		{"until the browser closes", "__Host-id", "", true, []string{"no Domain", "no Expires"}},
		{"kept signed in", "__Host-id", "on", true, []string{"no Domain"}},
		{"insecure", "id", "", false, []string{"no Domain", "no Expires", "no Secure"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on := sqliteBackend(t)
			p := portalOn(t, on, func(o *Options, _ *settings) {
				o.Bag = bag.New(on.bags, testSealer(t), tt.secure, false, o.Log)
			})
			u, b := p.newUser("Cora"), p.browser()
			var line string
			for _, one := range b.Post("/login", "email", u.Email, "password", password, "remember", tt.remember).Want(303).Header.Values("Set-Cookie") {
				if strings.HasPrefix(one, tt.cookie+"=") {
					line = one
				}
			}
			page := b.Get("/account/session").Want(http.StatusOK).Says("Name " + tt.cookie + " ")
			want := slices.DeleteFunc(strings.Split(line, "; ")[1:], func(part string) bool { return strings.HasPrefix(part, "Max-Age=") })
			want = append(want, tt.absent...)
			slices.Sort(want)
			if got := saidOfCookie(page); !slices.Equal(got, want) {
				t.Errorf("the page says %q, the browser was told %q", got, want)
			}
			if got := page.Header.Values("Set-Cookie"); len(got) != 0 {
				t.Errorf("looking set %q", got)
			}
		})
	}
}

// The token's hash is shown to its eighth character, and the trail says what made the token.
func TestInspectorTellsTheToken(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Tilda")
	b := p.signedIn(u)
	check := func(why string) {
		t.Helper()
		p.signedIn(u) // another session's token is another matter
		page := b.Get("/account/session").Want(http.StatusOK).Says(why)
		hash := auth.HashToken(b.Token())
		if !strings.Contains(page.Body, "<code>"+hash[:8]+"…</code>") || strings.Contains(page.Body, hash[:9]) {
			t.Errorf("the page does not show exactly 8 characters of %s", hash)
		}
		if strings.Contains(page.Body, b.Token()) {
			t.Error("the token is on the page")
		}
	}
	check("because you signed in")
	b.Reauth(password)
	check("because you confirmed that it is you")
	b.changePassword()
	p.exec(`DELETE FROM events WHERE kind = 'session_created'`)
	b.Get("/account/session").Says("because you changed your password")
	p.exec(`DELETE FROM events`)
	b.Get("/account/session").Want(http.StatusOK).SaysNot("because")
}

func TestInspectorTellsTheTime(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Tick")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		began := time.Now()
		b.Get("/account/session").Says("Left: 30 minutes At").Says("Left: 24 hours At").Says("Not now. Something sensitive asks again who you are")
		time.Sleep(20*time.Minute + 10*time.Second)
		b.Get("/account/session").Says("Left: 30 minutes At").Says("Left: 23 hours 39 minutes At")
		time.Sleep(30 * time.Second) // less than a touch interval: the row has the time before
		b.Get("/account/session").Says("Left: 29 minutes 30 seconds At").
			Says(began.Add(24*time.Hour).UTC().Format("2 January 2006, 15:04 UTC") + " , whatever happens")
		b.Reauth(password)
		confirmed := time.Now().UTC()
		time.Sleep(5 * time.Minute)
		b.Get("/account/session").Says("You confirmed that it is you at " + confirmed.Format("15:04 UTC")).
			Says("until " + confirmed.Add(15*time.Minute).Format("15:04 UTC"))
		time.Sleep(10 * time.Minute)
		b.Get("/account/session").Says("Not now. Something sensitive")
	})
}

func TestInspectorTellsTheRest(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Rest"))
	b.Get("/account/session").Says("now and at sign-in").Says("None. Nothing suspicious happened in it.").Says("An empty bag")
	b.Post(probe.Bag, "value", "lantern", "other", "rope").Leads(probe.Bag)
	b.Get("/account/session").Says("2 values: probe.other (4 bytes), probe.value (7 bytes)").SaysNot("lantern")
	here := b.IP
	b.IP = p.prefix + "::8"
	b.Get("/account/session").Says(b.IP + " now, " + here + " at sign-in") // before the row has it
	p.exec(`UPDATE sessions SET flag = $1, last_seen_at = $2`, session.FlagTokenReused, longAgo)
	b.Get("/account/session").Says(b.IP + " now, " + here + " at sign-in").Says("Somebody may have a copy of it").Says(webtest.ChromeOnMac)
	p.exec(`ALTER TABLE bags RENAME TO gone`)
	b.Get("/account/session").Want(http.StatusOK).Says("Out of reach at the moment")
}

// The columns that the page names are those of the table, on both databases.
func TestInspectorNamesEveryColumn(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			rows, err := open(t).store.DB().QueryContext(t.Context(), `SELECT * FROM sessions WHERE id = ''`)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil || rows.Err() != nil {
				t.Fatal(err, rows.Err())
			}
			var named []string
			for _, c := range sessionColumns {
				named = append(named, c.Name)
			}
			if !slices.Equal(named, columns) {
				t.Errorf("the page names\n%q\nthe table has\n%q", named, columns)
			}
		})
	}
}

// Each page that speaks of the session leads to its inside.
func TestWayToTheInspector(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Way"))
	for _, path := range []string{"/account", "/account/sessions", "/account/security"} {
		if !strings.Contains(b.Get(path).Body, `href="/account/session"`) {
			t.Errorf("%s has no link to the inspector", path)
		}
	}
	if body := b.Get("/account/session").Body; !strings.Contains(body, `<a href="/account/sessions" aria-current="page">`) {
		t.Error("the inspector does not stand under Devices")
	}
}

// The page shows each value of one's own row, of a hash its beginning, and what a confirmation changed in it.
func TestInspectorShowsTheRow(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u := p.newUser("Rowena")
			stranger := p.signedIn(p.newUser("Nia"))
			b := p.signedIn(u)
			before := auth.HashToken(b.Token())
			page := b.Get("/account/session").Says("What a confirmation changes").Says("id " + b.Handle() + " the public handle").
				Says("method password how you signed in").Says("prev_token_hash empty").Says("remembered false").Says("ended_at empty")
			if strings.Contains(page.Body, stranger.Handle()) {
				t.Error("somebody else's session is on the page")
			}
			b.Reauth(password)
			after := auth.HashToken(b.Token())
			page = b.Get("/account/session").Says("Before and after your confirmation").
				Says("token_hash " + before[:8] + "\u2026 " + after[:8] + "\u2026").Says("prev_token_hash " + before[:8] + "\u2026")
			for _, hash := range []string{before, after} {
				if strings.Contains(page.Body, hash[:9]) {
					t.Error("more than 8 characters of a hash are on the page")
				}
			}
		})
	}
}
