package handlers

import (
	"bytes"
	"errors"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/held"
)

const (
	profilePage = "/account/profile"
	methodPage  = "/billing/payment-method"
)

// timeOut lets the session of the browser run out of time, and returns its handle.
func (b *browser) timeOut() (handle string) {
	b.p.t.Helper()
	handle = b.handle()
	past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
	b.p.exec(`UPDATE sessions SET last_seen_at = $1, idle_expires_at = $1 WHERE id = $2`, past, handle)
	return handle
}

// heldAt checks that the answer leads to the page and comes back to the form with what was held, and returns where that is.
func (a *answer) heldAt(page, form string) (next, id string) {
	a.t.Helper()
	to, err := url.Parse(a.want(http.StatusSeeOther).Header.Get("Location"))
	if err != nil {
		a.t.Fatal(err)
	}
	next = to.Query().Get("next")
	path, id, found := strings.Cut(next, "?held=")
	if to.Path != page || path != form || !found || len(id) != 26 {
		a.t.Fatalf("%s: got Location %q, want %s, back to %s with a held form", a.what, to, page, form)
	}
	return next, id
}

// signInTo signs somebody in and goes where the form says.
func (b *browser) signInTo(u auth.User, next string) *answer {
	b.p.t.Helper()
	return b.follow(b.post("/login", "email", u.Email, "password", password, "next", next))
}

const (
	signedOutBefore = "You were signed out before this was saved. Check and press Save."
	nowConfirmed    = "You are confirmed. Check and press Save."
)

func (p *portal) nameOf(u auth.User) (name string) {
	p.t.Helper()
	if err := p.store.DB().QueryRowContext(p.t.Context(), `SELECT name FROM users WHERE id = $1`, u.ID).Scan(&name); err != nil {
		p.t.Fatal(err)
	}
	return name
}

func (a *answer) holds(markup ...string) {
	a.t.Helper()
	for _, want := range markup {
		if !strings.Contains(a.body, want) {
			a.t.Errorf("%s: no %s in the page:\n%s", a.what, want, a.body)
		}
	}
}

// A form posted after the session timed out is shown again to the same person, and saved when they say so.
func TestFormAfterTimeout(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u := p.newUser("Ada")
			b := p.signedIn(u)
			handle := b.timeOut()
			typed := `Ada "><b>Byron`
			late := b.post(profilePage, "name", typed)
			next, id := late.heldAt("/login", profilePage)
			b.follow(late).says("What you typed is kept").says("For your security").saysNot("Byron")
			wrong := b.post("/login", "email", u.Email, "password", otherPassword, "next", next)
			wrong.want(http.StatusUnprocessableEntity).says("What you typed is kept")

			filled := b.signInTo(u, next).want(http.StatusOK).says(signedOutBefore)
			filled.holds(`value="`+html.EscapeString(typed)+`"`, `name="held" value="`+id+`"`, `<div class="flash" role="status" tabindex="-1" autofocus>`)
			if strings.Contains(filled.body, "<b>") {
				t.Error("what was typed is markup in the page")
			}
			b.get(next).says(signedOutBefore) // as often as one likes
			if got := p.nameOf(u); got != "Ada" {
				t.Fatalf("named %q before anybody pressed Save", got)
			}
			bad := b.post(profilePage, "name", "\u202e", "held", id).want(http.StatusUnprocessableEntity).says("Leave out invisible characters")
			bad.holds(`name="held" value="` + id + `"`)
			b.post(profilePage, "name", "Someone", "held", "").location(profilePage) // leaves it alone
			b.get(next).says(signedOutBefore)
			b.post(profilePage, "name", "Ada Byron", "held", id).location(profilePage)
			b.get(profilePage).says("Your profile was saved.").holds(`value="Ada Byron"`)
			if got := p.nameOf(u); got != "Ada Byron" {
				t.Errorf("named %q", got)
			}
			b.get(next).want(http.StatusOK).saysNot("Check and press Save").saysNot("name=\"held\"")
			if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
				t.Errorf("%d held forms, want none", n)
			}
			if !strings.Contains(p.log.String(), `"form_held"`) || strings.Contains(p.log.String(), "Byron") {
				t.Error("the log does not have the holding, or has the text")
			}
			if n := p.count(`SELECT count(*) FROM events WHERE kind = 'form_held'`); n != 0 {
				t.Error("anybody with a dead cookie can fill the trail")
			}
			if n := p.count(`SELECT count(*) FROM sessions WHERE id = $1 AND end_reason = 'idle'`, handle); n != 1 {
				t.Error("the session did not end as idle")
			}
		})
	}
}

// A form posted after the re-authentication ran out is shown again to the person who confirms.
func TestFormAfterElevation(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			b := p.signedIn(p.newUser("Ada"))
			keptUntil := func() string {
				return "What you typed is kept until " + time.Now().Add(held.UntilConfirmed).UTC().Format("15:04")
			}
			before := keptUntil()
			late := b.post(methodPage, "instrument", "visa-4242", "name", "Ada & Co", "address", "<b>1\nLondon", "next", "/billing/checkout")
			after := keptUntil() // another minute may have begun
			next, id := late.heldAt("/reauth", methodPage)
			asked := b.follow(late).says("Waiting for you").says("Save your payment method").says("Nothing is saved yet.")
			asked.saysEither(before, after).holds(`href="/billing">Cancel`)
			b.post("/reauth", "password", otherPassword, "next", next).want(http.StatusUnprocessableEntity).says("Save your payment method")
			filled := b.follow(b.post("/reauth", "password", password, "next", next)).want(http.StatusOK).says(nowConfirmed)
			filled.holds(`value="visa-4242" aria-describedby="about-0" required checked`, `value="Ada &amp; Co"`, "\n&lt;b&gt;1\nLondon</textarea>",
				`name="held" value="`+id+`"`)
			if n := p.count(`SELECT count(*) FROM payment_methods`); n != 0 {
				t.Fatal("saved before anybody pressed Save")
			}
			b.post(methodPage, "instrument", "gold", "name", "A", "held", id).want(http.StatusUnprocessableEntity).holds(`name="held" value="` + id + `"`)
			b.post(methodPage, "instrument", "visa-4242", "name", "Ada & Co", "address", "1", "held", id).location("/billing")
			if n := p.count(`SELECT count(*) FROM payment_methods`); n != 1 {
				t.Error("not saved")
			}
			b.get(next).want(http.StatusOK).saysNot("Check and press Save")
		})
	}
}

// A form from a session that waits because its person has changed networks is theirs once they gave the password.
func TestFormFromElsewhere(t *testing.T) {
	onBoth(t, auth.ClientChangeReauth, func(t *testing.T, p *portal) {
		u := p.newUser("Ada")
		b := p.signedIn(u).at("198.51.100.7")
		next, id := b.post(profilePage, "name", "Ada Byron").heldAt("/reauth", profilePage)
		b.get("/reauth?next=" + url.QueryEscape(next)).says("198.51.100.0/24").says("Save your profile").says("What you typed is kept").saysNot("Byron")
		b.get(next).location("/reauth?next=" + url.QueryEscape(next))
		b.follow(b.post("/reauth", "password", password, "next", next)).says(nowConfirmed).holds(`value="Ada Byron"`)
		if name := p.nameOf(u); name != "Ada" {
			t.Fatalf("called %q before anybody pressed Save", name)
		}
		b.post(profilePage, "name", "Ada Byron", "held", id).location(profilePage)
	})
}

// A sign-in does not confirm: a form that needs both asks for both, and is still there.
func TestFormAfterTimeoutNeedsElevation(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Ada")
	b := p.signedIn(u)
	b.timeOut()
	next, _ := b.post(methodPage, "name", "Ada & Co").heldAt("/login", methodPage)
	asked := b.post("/login", "email", u.Email, "password", password, "next", next)
	b.follow(b.follow(asked)).says("Save your payment method")
	b.follow(b.post("/reauth", "password", password, "next", next)).says(signedOutBefore).holds(`value="Ada &amp; Co"`)
}

// Nobody else gets it, or learns that there is anything.
func TestHeldFormIsForItsOwner(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u, mallory := p.newUser("Ada"), p.newUser("Mallory")
			b := p.signedIn(u)
			b.timeOut()
			next, id := b.post(profilePage, "name", "Ada Byron").heldAt("/login", profilePage)
			ordinary := func(what string, a *answer) {
				t.Helper()
				a.want(http.StatusOK).saysNot("Check and press Save")
				if strings.Contains(a.body, "Byron") || strings.Contains(a.body, `name="held"`) {
					t.Errorf("%s: got\n%s", what, a.body)
				}
			}
			other := p.browser()
			maps.Copy(other.cookies, b.cookies) // at the same machine
			ordinary("another person", other.signInTo(mallory, next))
			asked := other.get("/reauth?next=" + url.QueryEscape(next))
			asked.want(http.StatusOK).saysNot("Waiting for you")
			if f, err := p.app.Held.Find(t.Context(), id, mallory.ID, "profile"); !errors.Is(err, held.ErrNotFound) {
				t.Errorf("another person finds %v, %v", f, err)
			}
			other.post(profilePage, "name", "Mal", "held", id).location(profilePage) // uses up nothing of others
			b.signInTo(u, next).says(signedOutBefore)
			for _, id := range []string{"", "x", strings.Repeat("A", 26), "%00", "%ff", strings.ToLower(id), id + "A", strings.Repeat("x", 3000)} {
				ordinary("id "+id, b.get(profilePage+"?held="+id))
				p.browser().get("/login?next=" + url.QueryEscape(profilePage+"?held="+id)).want(http.StatusOK).saysNot("is kept")
			}
			b.reauth(password)
			ordinary("another form", b.get(methodPage+"?held="+id))
			p.browser().get("/login?next=" + url.QueryEscape(methodPage+"?held="+id)).saysNot("is kept")
			p.browser().get("/login?next=" + url.QueryEscape("/account?held="+id)).saysNot("is kept")
		})
	}
}

// Text from a session that lives elsewhere, or that somebody had to end, may be a thief's: a link to it shows nothing.
func TestHeldFormOfAnotherSession(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Ada")
	thief, owner := p.signedIn(u), p.signedIn(u)
	next, _ := thief.post(methodPage, "instrument", "debit-0077", "name", "Mallory").heldAt("/reauth", methodPage)
	owner.reauth(password)
	planted := func(when string) {
		t.Helper()
		if body := owner.get(next).want(http.StatusOK).body; strings.Contains(body, "Mallory") {
			t.Errorf("%s: the owner is shown what was typed there", when)
		}
	}
	planted("while the session lives")
	owner.post("/account/sessions/" + thief.handle() + "/end").want(http.StatusSeeOther)
	planted("after it was revoked")
	p.exec(`UPDATE sessions SET end_reason = 'absolute' WHERE end_reason = 'revoked'`)
	owner.get(next).says(signedOutBefore)
	p.exec(`DELETE FROM sessions WHERE end_reason = 'absolute'`)
	planted("after the session is forgotten")
}

func TestHeldFormsExpire(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Ada")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		next, _ := b.post(methodPage, "name", "Ada & Co").heldAt("/reauth", methodPage)
		time.Sleep(10*time.Minute - time.Microsecond)
		b.get("/reauth?next=" + url.QueryEscape(next)).says("Waiting for you")
		time.Sleep(time.Microsecond)
		b.get("/reauth?next=" + url.QueryEscape(next)).saysNot("Waiting for you")
		b.reauth(password)
		b.get(next).want(http.StatusOK).saysNot("Check and press Save")

		time.Sleep(30 * time.Minute)
		next, _ = b.post(profilePage, "name", "Ada Byron").heldAt("/login", profilePage)
		time.Sleep(24*time.Hour - time.Microsecond)
		if err := held.Sweep(t.Context(), p.store); err != nil {
			t.Fatal(err)
		}
		b.get("/login?next=" + url.QueryEscape(next)).says("is kept")
		b.signInTo(u, next).says(signedOutBefore)
		time.Sleep(time.Microsecond)
		b.get(next).want(http.StatusOK).saysNot("Check and press Save")
		if n := p.count(`SELECT count(*) FROM held_forms`); n != 1 {
			t.Errorf("%d held forms, want the latest only", n)
		}
		if err := held.Sweep(t.Context(), p.store); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
			t.Errorf("%d held forms after the sweep", n)
		}
	})
}

// The oldest make room, in one session and in one account. A form that comes late again takes the place of itself.
func TestHeldFormsAreFew(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), func(_ *Options, policy *auth.Policy) { policy.SessionsPerUser = 20 })
			u, bystander := p.newUser("Ada"), p.signedIn(p.newUser("Bea"))
			other, _ := bystander.post(methodPage, "name", "Bea").heldAt("/reauth", methodPage)
			var nexts []string
			b := p.signedIn(u)
			for range held.PerSession + 1 {
				next, _ := b.post(methodPage, "name", "Ada").heldAt("/reauth", methodPage)
				nexts = append(nexts, next)
			}
			_, id := b.post(methodPage, "name", "Ada", "held", idIn(nexts[3])).heldAt("/reauth", methodPage)
			b.reauth(password)
			b.get(nexts[0]).saysNot("Check and press Save")
			b.get(nexts[1]).saysNot("Check and press Save")
			b.get(nexts[2]).says(nowConfirmed)
			b.get(nexts[3]).saysNot("Check and press Save")
			b.get(methodPage + "?held=" + id).says(nowConfirmed)
			if n := p.count(`SELECT count(*) FROM held_forms WHERE user_id = $1`, u.ID); n != 2 {
				t.Errorf("%d held forms of one session, want 2", n)
			}
			for range 4 {
				c := p.signedIn(u)
				for range held.PerSession {
					c.post(methodPage, "name", "Ada").heldAt("/reauth", methodPage)
				}
			}
			if n := p.count(`SELECT count(*) FROM held_forms WHERE user_id = $1`, u.ID); n != held.PerUser {
				t.Errorf("%d held forms of one account, want %d", n, held.PerUser)
			}
			b.get(methodPage + "?held=" + id).saysNot("Check and press Save")
			bystander.reauth(password)
			bystander.get(other).says(nowConfirmed)
		})
	}
}

func idIn(next string) string { _, id, _ := strings.Cut(next, "?held="); return id }

// What is no text of a session that merely ran out of time is not kept, and the answer is the one of any late request.
func TestWhatIsNotHeld(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Ada")
	timedOut := func() *browser { b := p.signedIn(u); b.timeOut(); return b }
	endedAs := func(reason string) *browser {
		b := p.signedIn(u)
		p.exec(`UPDATE sessions SET ended_at = last_seen_at, end_reason = $1 WHERE id = $2`, reason, b.handle())
		return b
	}
	send := func(b *browser, kind, body string, change func(*http.Request)) *answer {
		r := b.request("POST", profilePage, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if change != nil {
			change(r)
		}
		return b.do(r)
	}
	const form, back = "application/x-www-form-urlencoded", "/login?next=%2Faccount%2Fprofile"
	for name, late := range map[string]func() *answer{
		"nobody's cookie":  func() *answer { return p.browser().post(profilePage, "name", "Ada Byron") },
		"empty":            func() *answer { return timedOut().post(profilePage, "name", "", "password", "x") },
		"more than 4 KiB":  func() *answer { return timedOut().post(profilePage, "name", strings.Repeat("x", held.MaxSize)) },
		"more than a body": func() *answer { return timedOut().post(profilePage, "name", strings.Repeat("x", 70<<10)) },
		"twice":            func() *answer { return timedOut().post(profilePage, "name", "a", "name", "b") },
		"an upload":        func() *answer { return send(timedOut(), "multipart/form-data; boundary=x", "--x--", nil) },
		"no text":          func() *answer { return send(timedOut(), form, "name=%ff", nil) },
		"a switched-off account": func() *answer {
			v := p.newUser("Gone")
			b := p.signedIn(v)
			b.timeOut()
			p.exec(`UPDATE users SET disabled_at = created_at WHERE id = $1`, v.ID)
			return b.post(profilePage, "name", "Ada Byron")
		},
		"a token that was replaced": func() *answer {
			b := p.signedIn(u)
			copied := b.token()
			b.reauth(password)
			b.timeOut()
			b.get("/account") // noticed
			b.cookies["__Host-id"] = copied
			return b.post(profilePage, "name", "Ada Byron")
		},
	} {
		t.Run(name, func(t *testing.T) { late().location(back) })
	}
	for _, reason := range []string{"signed_out", "revoked", "password_changed", "admin", "replaced", "account_disabled"} {
		t.Run(reason, func(t *testing.T) { endedAs(reason).post(profilePage, "name", "Ada Byron").location(back) })
	}
	t.Run("another form", func(t *testing.T) {
		timedOut().post("/account/security/password", "current_password", password, "name", "x").
			location("/login?next=%2Faccount%2Fsecurity%2Fpassword")
	})
	t.Run("a GET", func(t *testing.T) {
		timedOut().get(profilePage + "?name=Byron").location(back + "%3Fname%3DByron")
	})
	t.Run("another site's", func(t *testing.T) {
		send(timedOut(), form, "name=Byron", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example")
		}).want(http.StatusForbidden)
		b := p.signedIn(u)
		r := b.request("POST", methodPage, strings.NewReader("name=Byron"))
		r.Header.Set("Content-Type", form)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b.do(r).want(http.StatusForbidden)
	})
	if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
		t.Errorf("%d held forms, want none", n)
	}
}

// Somebody who cannot be helped is not told that they were.
func TestHoldingFails(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Ada"))
	b.timeOut()
	p.exec(`ALTER TABLE held_forms RENAME TO gone_held_forms`)
	late := b.post(profilePage, "name", "Ada Byron")
	late.location("/login?next=%2Faccount%2Fprofile")
	b.follow(late).saysNot("is kept")
	if !strings.Contains(p.log.String(), "form not held") {
		t.Error("the log does not say so")
	}
	c := p.signedIn(p.newUser("Bea"))
	c.get(profilePage).want(http.StatusOK)
	c.get(profilePage + "?held=" + strings.Repeat("A", 26)).want(http.StatusInternalServerError)
	c.get("/reauth?next=" + url.QueryEscape(profilePage+"?held="+strings.Repeat("A", 26))).want(http.StatusInternalServerError)
}

// What is posted beside the fields of the list is in no table and no log, sealed or not.
func TestNoSecretIsHeld(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Ada")
	b := p.signedIn(u)
	secrets := []string{"current_password", "secretone-Q7", "password", "secrettwo-Q7", "code", "secretthree-Q7", "card", "secretfour-Q7"}
	_, method := b.post(methodPage, append([]string{"name", "Ada & Co"}, secrets...)...).heldAt("/reauth", methodPage)
	b.timeOut()
	_, profile := b.post(profilePage, append([]string{"name", "Ada Byron"}, secrets...)...).heldAt("/login", profilePage)
	for _, want := range []held.Form{
		{ID: method, Route: "payment-method", Fields: map[string]string{"name": "Ada & Co"}},
		{ID: profile, Route: "profile", Fields: map[string]string{"name": "Ada Byron"}},
	} {
		got, err := p.app.Held.Find(t.Context(), want.ID, u.ID, want.Route)
		if err != nil || !maps.Equal(got.Fields, want.Fields) {
			t.Errorf("%s: holds %v, %v, want %v", want.Route, got.Fields, err, want.Fields)
		}
	}
	var file string
	var ignored any
	if err := p.store.DB().QueryRowContext(t.Context(), `PRAGMA database_list`).Scan(&ignored, &ignored, &file); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(file + "*") // the write-ahead log as well
	if len(files) < 2 {
		t.Fatalf("the database is in %v", files)
	}
	stored := []byte(p.log.String())
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, content...)
	}
	if !bytes.Contains(stored, []byte("held_forms")) {
		t.Error("this does not read the database")
	}
	for _, text := range []string{"secretone-Q7", "secrettwo-Q7", "secretthree-Q7", "secretfour-Q7", "Ada Byron", "Ada & Co"} {
		if bytes.Contains(stored, []byte(text)) {
			t.Errorf("%q is stored in the clear", text)
		}
	}
}

// A row that is changed by hand opens nowhere else.
func TestHeldFormIsSealed(t *testing.T) {
	p := newPortal(t)
	u, mallory := p.newUser("Ada"), p.newUser("Mallory")
	other, own, id := p.signedIn(mallory), p.signedIn(mallory), ""
	for _, move := range []struct {
		name, statement string
		args            func() []any
	}{
		{"to another id", `UPDATE held_forms SET id = $1 WHERE id = $2`, func() []any { return []any{strings.Repeat("A", 26), id} }},
		{"to another form", `UPDATE held_forms SET route = $1 WHERE id = $2`, func() []any { return []any{"profile", id} }},
		{"to another session", `UPDATE held_forms SET session_id = $1 WHERE id = $2`, func() []any { return []any{own.handle(), id} }},
		{"to another person", `UPDATE held_forms SET user_id = $1 WHERE id = $2`, func() []any { return []any{u.ID, id} }},
	} {
		t.Run(move.name, func(t *testing.T) {
			_, id = other.post(methodPage, "name", "Mallory").heldAt("/reauth", methodPage)
			p.exec(move.statement, move.args()...)
			for _, id := range []string{id, strings.Repeat("A", 26)} {
				for _, who := range []auth.User{u, mallory} {
					for _, route := range []string{"profile", "payment-method"} {
						if f, err := p.app.Held.Find(t.Context(), id, who.ID, route); err == nil {
							t.Errorf("opened as %v", f)
						}
					}
				}
			}
		})
	}
}

// Each form of the list is one of the portal's, and each of its fields has its place on the page.
func TestHeldRoutes(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Ada"))
	b.reauth(password)
	for _, route := range heldRoutes {
		for _, method := range []string{"GET", "POST"} {
			if !p.app.routes.Match(chi.NewRouteContext(), method, route.path) {
				t.Errorf("%s %s is no route", method, route.path)
			}
		}
		if p.app.destination(route.path) != route.path {
			t.Errorf("nobody comes back to %s", route.path)
		}
		page := b.get(route.path + "?next=%2Fbilling%2Fcheckout").want(http.StatusOK)
		for _, field := range route.fields {
			if field != "next" {
				page.holds(`name="` + field + `"`)
			}
		}
		for _, secret := range []string{"password", "current_password", "code"} {
			if slices.Contains(route.fields, secret) {
				t.Errorf("%s keeps %s", route.name, secret)
			}
		}
	}
}
