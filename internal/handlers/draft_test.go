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
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

const (
	profilePage = "/account/profile"
	emailPage   = "/account/email"
)

// timeOut lets the session of the browser run out of time, and returns its handle.
func (b *browser) timeOut() (handle string) {
	b.p.t.Helper()
	handle = b.Handle()
	past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
	b.p.exec(`UPDATE sessions SET last_seen_at = $1, idle_expires_at = $1 WHERE id = $2`, past, handle)
	return handle
}

// draftAt checks that the answer leads to the page and comes back to the form with the draft, and returns where that is.
func draftAt(a *webtest.Answer, page, form string) (next, id string) {
	a.T.Helper()
	to, err := url.Parse(a.Want(http.StatusSeeOther).Header.Get("Location"))
	if err != nil {
		a.T.Fatal(err)
	}
	next = to.Query().Get("next")
	path, id, found := strings.Cut(next, "?held=")
	if to.Path != page || path != form || !found || len(id) != 26 {
		a.T.Fatalf("%s: got Location %q, want %s, back to %s with a draft", a.What, to, page, form)
	}
	return next, id
}

// signInTo signs somebody in and goes where the form says.
func (b *browser) signInTo(u auth.User, next string) *webtest.Answer {
	b.p.t.Helper()
	return b.Follow(b.Post("/login", "email", u.Email, "password", password, "next", next))
}

const (
	signedOutBefore = "You were signed out before this was saved. Check it, then send it again."
	nowConfirmed    = "You are confirmed. Check it, then send it again."
)

func (p *portal) nameOf(u auth.User) (name string) {
	p.t.Helper()
	if err := p.store.DB().QueryRowContext(p.t.Context(), `SELECT name FROM users WHERE id = $1`, u.ID).Scan(&name); err != nil {
		p.t.Fatal(err)
	}
	return name
}

func holds(a *webtest.Answer, markup ...string) {
	a.T.Helper()
	for _, want := range markup {
		if !strings.Contains(a.Body, want) {
			a.T.Errorf("%s: no %s in the page:\n%s", a.What, want, a.Body)
		}
	}
}

// A form posted after the session timed out is shown again to the same person, and saved when they say so.
func TestFormAfterTimeout(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Ada")
		b := p.signedIn(u)
		handle := b.timeOut()
		typed := `Ada "><b>Byron`
		late := b.Post(profilePage, "name", typed)
		next, id := draftAt(late, "/login", profilePage)
		b.Follow(late).Says("What you typed is kept").Says("For your security").SaysNot("Byron")
		wrong := b.Post("/login", "email", u.Email, "password", otherPassword, "next", next)
		wrong.Want(http.StatusUnprocessableEntity).Says("What you typed is kept")

		filled := b.signInTo(u, next).Want(http.StatusOK).Says(signedOutBefore)
		holds(filled, `value="`+html.EscapeString(typed)+`"`, `name="held" value="`+id+`"`, `<div class="flash" role="status" tabindex="-1" autofocus>`)
		if strings.Contains(filled.Body, "<b>") {
			t.Error("what was typed is markup in the page")
		}
		b.Get(next).Says(signedOutBefore) // as often as one likes
		if got := p.nameOf(u); got != "Ada" {
			t.Fatalf("named %q before anybody pressed Save", got)
		}
		bad := b.Post(profilePage, "name", "\u202e", "held", id).Want(http.StatusUnprocessableEntity).Says("Leave out invisible characters")
		holds(bad, `name="held" value="`+id+`"`)
		b.Post(profilePage, "name", "Someone", "held", "").Leads(profilePage) // leaves it alone
		b.Get(next).Says(signedOutBefore)
		b.Post(profilePage, "name", "Ada Byron", "held", id).Leads(profilePage)
		holds(b.Get(profilePage).Says("Your profile was saved."), `value="Ada Byron"`)
		if got := p.nameOf(u); got != "Ada Byron" {
			t.Errorf("named %q", got)
		}
		b.Get(next).Want(http.StatusOK).SaysNot("Check it, then send it again").SaysNot("name=\"held\"")
		if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
			t.Errorf("%d drafts, want none", n)
		}
		if !strings.Contains(p.log.String(), `"form_held"`) || strings.Contains(p.log.String(), "Byron") {
			t.Error("the log does not have the saving, or has the text")
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'form_held'`); n != 0 {
			t.Error("anybody with a dead cookie can fill the trail")
		}
		if n := p.count(`SELECT count(*) FROM sessions WHERE id = $1 AND end_reason = 'idle'`, handle); n != 1 {
			t.Error("the session did not end as idle")
		}
	})
}

// A form posted after the re-authentication ran out is shown again to the person who confirms.
func TestFormAfterElevation(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.signedIn(p.newUser("Ada"))
		keptUntil := func() string {
			return "What you typed is kept until " + time.Now().Add(draft.UntilConfirmed).UTC().Format("15:04")
		}
		before := keptUntil()
		late := b.Post(emailPage, "email", `"ada & co"<b>@example.org`)
		after := keptUntil() // another minute may have begun
		next, id := draftAt(late, "/reauth", emailPage)
		asked := b.Follow(late).Says("Waiting for you").Says("Change your address").Says("Nothing is saved yet.")
		holds(asked.SaysEither(before, after), `href="/account/profile">Cancel`)
		b.Post("/reauth", "password", otherPassword, "next", next).Want(http.StatusUnprocessableEntity).Says("Change your address")
		filled := b.Follow(b.Post("/reauth", "password", password, "next", next)).Want(http.StatusOK).Says(nowConfirmed)
		holds(filled, `value="&#34;ada &amp; co&#34;&lt;b&gt;@example.org"`, `name="held" value="`+id+`"`)
		if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
			t.Fatal("saved before anybody pressed Save")
		}
		holds(b.Post(emailPage, "email", "nowhere", "held", id).Want(http.StatusUnprocessableEntity), `name="held" value="`+id+`"`)
		b.Post(emailPage, "email", "ada@example.org", "held", id).Leads(emailPage)
		if n := p.count(`SELECT count(*) FROM email_changes`); n != 1 {
			t.Error("not saved")
		}
		b.Get(next).Want(http.StatusOK).SaysNot("Check it, then send it again")
	})
}

// Each field of a form is shown again as it was typed, and what is not for showing is not.
func TestFieldsOfALateForm(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.signedIn(p.newUser("Ada"))
		const title, text = `Ada "& Co`, "<b>1\r\nLondon"
		next, id := draftAt(b.Post(probe.Form, "title", title, "text", text, "password", "typed-here"), "/reauth", probe.Form)
		b.Get("/reauth?next=" + url.QueryEscape(next)).Says("Save this form")
		filled := b.Follow(b.Post("/reauth", "password", password, "next", next)).Want(http.StatusOK).Says("Saved: 0").SaysNot("typed-here")
		holds(filled, `name="title" value="`+html.EscapeString(title)+`"`, `name="text">`+html.EscapeString(text)+`</textarea>`,
			`name="held" value="`+id+`"`)
		b.Post(probe.Form, "title", title, "text", text, "held", id).Leads(probe.Form)
		holds(b.Get(next).Says("Saved: 1"), `name="title" value=""`, `name="held" value=""`)
	})
}

// A form from a session that waits because its person has changed networks is theirs once they gave the password.
func TestFormFromElsewhere(t *testing.T) {
	t.Parallel()
	onBoth(t, session.ClientChangeReauth, func(t *testing.T, p *portal) {
		u := p.newUser("Ada")
		b := p.signedIn(u).at("198.51.100.7")
		next, id := draftAt(b.Post(profilePage, "name", "Ada Byron"), "/reauth", profilePage)
		b.Get("/reauth?next=" + url.QueryEscape(next)).Says("198.51.100.0/24").Says("Save your profile").Says("What you typed is kept").SaysNot("Byron")
		b.Get(next).Leads("/reauth?next=" + url.QueryEscape(next))
		holds(b.Follow(b.Post("/reauth", "password", password, "next", next)).Says(nowConfirmed), `value="Ada Byron"`)
		if name := p.nameOf(u); name != "Ada" {
			t.Fatalf("called %q before anybody pressed Save", name)
		}
		b.Post(profilePage, "name", "Ada Byron", "held", id).Leads(profilePage)
	})
}

// A sign-in does not confirm: a form that needs both asks for both, and is still there.
func TestFormAfterTimeoutNeedsElevation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	b := p.signedIn(u)
	b.timeOut()
	next, _ := draftAt(b.Post(emailPage, "email", "ada & co"), "/login", emailPage)
	asked := b.Post("/login", "email", u.Email, "password", password, "next", next)
	b.Follow(b.Follow(asked)).Says("Change your address")
	holds(b.Follow(b.Post("/reauth", "password", password, "next", next)).Says(signedOutBefore), `value="ada &amp; co"`)
}

// Nobody else gets it, or learns that there is anything.
func TestDraftIsForItsOwner(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, mallory := p.newUser("Ada"), p.newUser("Mallory")
		b := p.signedIn(u)
		b.timeOut()
		next, id := draftAt(b.Post(profilePage, "name", "Ada Byron"), "/login", profilePage)
		ordinary := func(what string, a *webtest.Answer) {
			t.Helper()
			a.Want(http.StatusOK).SaysNot("Check it, then send it again")
			if strings.Contains(a.Body, "Byron") || strings.Contains(a.Body, `name="held"`) {
				t.Errorf("%s: got\n%s", what, a.Body)
			}
		}
		other := p.browser()
		maps.Copy(other.Cookies, b.Cookies) // at the same machine
		ordinary("another person", other.signInTo(mallory, next))
		asked := other.Get("/reauth?next=" + url.QueryEscape(next))
		asked.Want(http.StatusOK).SaysNot("Nothing is saved yet.")
		if f, err := p.app.Drafts.Find(t.Context(), id, mallory.ID, "profile"); !errors.Is(err, draft.ErrNotFound) {
			t.Errorf("another person finds %v, %v", f, err)
		}
		other.Post(profilePage, "name", "Mal", "held", id).Leads(profilePage) // uses up nothing of others
		b.signInTo(u, next).Says(signedOutBefore)
		for _, id := range []string{"", "x", strings.Repeat("A", 26), "%00", "%ff", strings.ToLower(id), id + "A", strings.Repeat("x", 3000)} {
			ordinary("id "+id, b.Get(profilePage+"?held="+id))
			p.browser().Get("/login?next=" + url.QueryEscape(profilePage+"?held="+id)).Want(http.StatusOK).SaysNot("is kept")
		}
		b.Reauth(password)
		ordinary("another form", b.Get(emailPage+"?held="+id))
		p.browser().Get("/login?next=" + url.QueryEscape(emailPage+"?held="+id)).SaysNot("is kept")
		p.browser().Get("/login?next=" + url.QueryEscape("/account?held="+id)).SaysNot("is kept")
	})
}

// Text from a session that lives elsewhere, or that somebody had to end, may be a thief's: a link to it shows nothing.
func TestDraftOfAnotherSession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	thief, owner := p.signedIn(u), p.signedIn(u)
	next, _ := draftAt(thief.Post(emailPage, "email", "mallory@example.org"), "/reauth", emailPage)
	owner.Reauth(password)
	planted := func(when string) {
		t.Helper()
		if body := owner.Get(next).Want(http.StatusOK).Body; strings.Contains(body, "mallory@") {
			t.Errorf("%s: the owner is shown what was typed there", when)
		}
	}
	planted("while the session lives")
	owner.Post("/account/sessions/" + thief.Handle() + "/end").Want(http.StatusSeeOther)
	planted("after it was revoked")
	p.exec(`UPDATE sessions SET end_reason = 'absolute' WHERE end_reason = 'revoked'`)
	owner.Get(next).Says(signedOutBefore)
	p.exec(`DELETE FROM sessions WHERE end_reason = 'absolute'`)
	planted("after the session is forgotten")
}

func TestDraftsExpire(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		next, _ := draftAt(b.Post(emailPage, "email", "ada@example.org"), "/reauth", emailPage)
		time.Sleep(10*time.Minute - time.Microsecond)
		b.Get("/reauth?next=" + url.QueryEscape(next)).Says("Nothing is saved yet.")
		time.Sleep(time.Microsecond)
		b.Get("/reauth?next=" + url.QueryEscape(next)).SaysNot("Nothing is saved yet.")
		b.Reauth(password)
		b.Get(next).Want(http.StatusOK).SaysNot("Check it, then send it again")

		time.Sleep(30 * time.Minute)
		next, _ = draftAt(b.Post(profilePage, "name", "Ada Byron"), "/login", profilePage)
		time.Sleep(24*time.Hour - time.Microsecond)
		if err := draft.Sweep(t.Context(), p.store); err != nil {
			t.Fatal(err)
		}
		b.Get("/login?next=" + url.QueryEscape(next)).Says("is kept")
		b.signInTo(u, next).Says(signedOutBefore)
		time.Sleep(time.Microsecond)
		b.Get(next).Want(http.StatusOK).SaysNot("Check it, then send it again")
		if n := p.count(`SELECT count(*) FROM held_forms`); n != 1 {
			t.Errorf("%d drafts, want the latest only", n)
		}
		if err := draft.Sweep(t.Context(), p.store); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
			t.Errorf("%d drafts after the sweep", n)
		}
	})
}

// The oldest make room, in one session and in one account. A form that comes late again takes the place of itself.
func TestDraftsAreFew(t *testing.T) {
	t.Parallel()
	onBackendsWith(t, func(_ *Options, policy *settings) { policy.SessionsPerUser = 20 }, func(t *testing.T, p *portal) {
		u, bystander := p.newUser("Ada"), p.signedIn(p.newUser("Bea"))
		other, _ := draftAt(bystander.Post(emailPage, "email", "bea@example.org"), "/reauth", emailPage)
		var nexts []string
		b := p.signedIn(u)
		for range draft.PerSession + 1 {
			next, _ := draftAt(b.Post(emailPage, "email", "ada@example.org"), "/reauth", emailPage)
			nexts = append(nexts, next)
		}
		_, id := draftAt(b.Post(emailPage, "email", "ada@example.org", "held", idIn(nexts[3])), "/reauth", emailPage)
		b.Reauth(password)
		b.Get(nexts[0]).SaysNot("Check it, then send it again")
		b.Get(nexts[1]).SaysNot("Check it, then send it again")
		b.Get(nexts[2]).Says(nowConfirmed)
		b.Get(nexts[3]).SaysNot("Check it, then send it again")
		b.Get(emailPage + "?held=" + id).Says(nowConfirmed)
		if n := p.count(`SELECT count(*) FROM held_forms WHERE user_id = $1`, u.ID); n != 2 {
			t.Errorf("%d drafts of one session, want 2", n)
		}
		for range 4 {
			c := p.signedIn(u)
			for range draft.PerSession {
				draftAt(c.Post(emailPage, "email", "ada@example.org"), "/reauth", emailPage)
			}
		}
		if n := p.count(`SELECT count(*) FROM held_forms WHERE user_id = $1`, u.ID); n != draft.PerUser {
			t.Errorf("%d drafts of one account, want %d", n, draft.PerUser)
		}
		b.Get(emailPage + "?held=" + id).SaysNot("Check it, then send it again")
		bystander.Reauth(password)
		bystander.Get(other).Says(nowConfirmed)
	})
}

func idIn(next string) string { _, id, _ := strings.Cut(next, "?held="); return id }

// What is no text of a session that merely ran out of time is not kept, and the answer is the one of any late request.
func TestWhatIsNoDraft(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	timedOut := func() *browser { b := p.signedIn(u); b.timeOut(); return b }
	endedAs := func(reason string) *browser {
		b := p.signedIn(u)
		p.exec(`UPDATE sessions SET ended_at = last_seen_at, end_reason = $1 WHERE id = $2`, reason, b.Handle())
		return b
	}
	send := func(b *browser, kind, body string, change func(*http.Request)) *webtest.Answer {
		r := b.NewRequest("POST", profilePage, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if change != nil {
			change(r)
		}
		return b.Do(r)
	}
	const form, back = "application/x-www-form-urlencoded", "/login?next=%2Faccount%2Fprofile"
	for name, late := range map[string]func() *webtest.Answer{
		"nobody's cookie": func() *webtest.Answer { return p.browser().Post(profilePage, "name", "Ada Byron") },
		"empty":           func() *webtest.Answer { return timedOut().Post(profilePage, "name", "", "password", "x") },
		"more than 4 KiB": func() *webtest.Answer {
			return timedOut().Post(profilePage, "name", strings.Repeat("x", draft.MaxSize))
		},
		"more than a body": func() *webtest.Answer { return timedOut().Post(profilePage, "name", strings.Repeat("x", 70<<10)) },
		"twice":            func() *webtest.Answer { return timedOut().Post(profilePage, "name", "a", "name", "b") },
		"an upload":        func() *webtest.Answer { return send(timedOut(), "multipart/form-data; boundary=x", "--x--", nil) },
		"no text":          func() *webtest.Answer { return send(timedOut(), form, "name=%ff", nil) },
		"a switched-off account": func() *webtest.Answer {
			v := p.newUser("Gone")
			b := p.signedIn(v)
			b.timeOut()
			p.exec(`UPDATE users SET disabled_at = created_at WHERE id = $1`, v.ID)
			return b.Post(profilePage, "name", "Ada Byron")
		},
		"a token that was replaced": func() *webtest.Answer {
			b := p.signedIn(u)
			copied := b.Token()
			b.Reauth(password)
			b.timeOut()
			b.Get("/account") // noticed
			b.Cookies["__Host-id"] = copied
			return b.Post(profilePage, "name", "Ada Byron")
		},
	} {
		t.Run(name, func(t *testing.T) { late().Leads(back) })
	}
	for _, reason := range []string{"signed_out", "revoked", "password_changed", "admin", "replaced", "account_disabled"} {
		t.Run(reason, func(t *testing.T) { endedAs(reason).Post(profilePage, "name", "Ada Byron").Leads(back) })
	}
	t.Run("another form", func(t *testing.T) {
		timedOut().Post("/account/security/password", "current_password", password, "name", "x").
			Leads("/login?next=%2Faccount%2Fsecurity%2Fpassword")
	})
	t.Run("a GET", func(t *testing.T) {
		timedOut().Get(profilePage + "?name=Byron").Leads(back + "%3Fname%3DByron")
	})
	t.Run("another site's", func(t *testing.T) {
		send(timedOut(), form, "name=Byron", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example")
		}).Want(http.StatusForbidden)
		b := p.signedIn(u)
		r := b.NewRequest("POST", emailPage, strings.NewReader("email=byron%40example.org"))
		r.Header.Set("Content-Type", form)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b.Do(r).Want(http.StatusForbidden)
	})
	if n := p.count(`SELECT count(*) FROM held_forms`); n != 0 {
		t.Errorf("%d drafts, want none", n)
	}
}

// Somebody who cannot be helped is not told that they were.
func TestSavingDraftFails(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Ada"))
	b.timeOut()
	p.exec(`ALTER TABLE held_forms RENAME TO gone_held_forms`)
	late := b.Post(profilePage, "name", "Ada Byron")
	late.Leads("/login?next=%2Faccount%2Fprofile")
	b.Follow(late).SaysNot("is kept")
	if !strings.Contains(p.log.String(), "draft not saved") {
		t.Error("the log does not say so")
	}
	c := p.signedIn(p.newUser("Bea"))
	c.Get(profilePage).Want(http.StatusOK)
	c.Get(profilePage + "?held=" + strings.Repeat("A", 26)).Want(http.StatusInternalServerError)
	c.Get("/reauth?next=" + url.QueryEscape(profilePage+"?held="+strings.Repeat("A", 26))).Want(http.StatusInternalServerError)
}

// What is posted beside the fields of the list is in no table and no log, sealed or not.
func TestNoSecretInDrafts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	b := p.signedIn(u)
	secrets := []string{"current_password", "secretone-Q7", "password", "secrettwo-Q7", "code", "secretthree-Q7", "card", "secretfour-Q7"}
	_, email := draftAt(b.Post(emailPage, append([]string{"email", "ada@late.example"}, secrets...)...), "/reauth", emailPage)
	b.timeOut()
	_, profile := draftAt(b.Post(profilePage, append([]string{"name", "Ada Byron"}, secrets...)...), "/login", profilePage)
	for _, want := range []draft.Draft{
		{ID: email, Route: "email", Fields: map[string]string{"email": "ada@late.example"}},
		{ID: profile, Route: "profile", Fields: map[string]string{"name": "Ada Byron"}},
	} {
		got, err := p.app.Drafts.Find(t.Context(), want.ID, u.ID, want.Route)
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
	for _, text := range []string{"secretone-Q7", "secrettwo-Q7", "secretthree-Q7", "secretfour-Q7", "Ada Byron", "ada@late.example"} {
		if bytes.Contains(stored, []byte(text)) {
			t.Errorf("%q is stored in the clear", text)
		}
	}
}

// A row that is changed by hand opens nowhere else.
func TestDraftIsSealed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, mallory := p.newUser("Ada"), p.newUser("Mallory")
	other, own, id := p.signedIn(mallory), p.signedIn(mallory), ""
	for _, move := range []struct {
		name, statement string
		args            func() []any
	}{
		{"to another id", `UPDATE held_forms SET id = $1 WHERE id = $2`, func() []any { return []any{strings.Repeat("A", 26), id} }},
		{"to another form", `UPDATE held_forms SET route = $1 WHERE id = $2`, func() []any { return []any{"profile", id} }},
		{"to another session", `UPDATE held_forms SET session_id = $1 WHERE id = $2`, func() []any { return []any{own.Handle(), id} }},
		{"to another person", `UPDATE held_forms SET user_id = $1 WHERE id = $2`, func() []any { return []any{u.ID, id} }},
	} {
		t.Run(move.name, func(t *testing.T) {
			_, id = draftAt(other.Post(emailPage, "email", "mallory@example.org"), "/reauth", emailPage)
			p.exec(move.statement, move.args()...)
			for _, id := range []string{id, strings.Repeat("A", 26)} {
				for _, who := range []auth.User{u, mallory} {
					for _, route := range []string{"profile", "email"} {
						if f, err := p.app.Drafts.Find(t.Context(), id, who.ID, route); err == nil {
							t.Errorf("opened as %v", f)
						}
					}
				}
			}
		})
	}
}

// Each form that is kept when it comes too late is shown again with what was typed, names its draft so that saving it
// deletes that, and keeps no secret.
func TestRoutesOfDrafts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, names := p.newUser("Ada"), append(fieldNames(t), "held")
	p.exec(`UPDATE users SET role = 'admin' WHERE id = $1`, u.ID)
	other := p.newUser("Bea")
	there := strings.NewReplacer("NOSUCHID", other.ID, "NOSUCHHANDLE", p.signedIn(other).Handle())
	for key, rt := range p.app.table {
		if rt.late == nil {
			continue
		}
		for _, secret := range append(slices.Clone(identityFields), "current_password") {
			if slices.Contains(rt.late.fields, secret) {
				t.Errorf("%s keeps %s", key, secret)
			}
		}
		b, path, page := p.signedIn(u), withParams(key.pattern), withParams(rt.page)
		if strings.HasPrefix(path, "/admin/") {
			path, page = there.Replace(path), there.Replace(page)
		}
		b.Reauth(password)
		for _, field := range rt.late.fields {
			if field != "next" { // has its place only where the page was asked for with one
				holds(b.Get(page).Want(http.StatusOK), `name="`+field+`"`)
			}
		}
		if !strings.Contains(key.pattern, "/probe/") && !slices.Contains(b.fieldsOf(names, path), "held") {
			t.Errorf("%s does not read the field held: read it, and deleteDraft what it names once the form is saved", key)
		}
		b.timeOut()
		var typed []string
		for _, field := range rt.late.fields {
			typed = append(typed, field, "typed as "+field)
		}
		next, id := draftAt(b.Post(path, typed...), "/login", page)
		b.SignIn(u.Email, password)
		b.Reauth(password)
		filled := b.Get(next).Want(http.StatusOK)
		if !strings.Contains(filled.Body, `name="held" value="`+id+`"`) || !strings.Contains(filled.Body, "typed as ") {
			t.Errorf("%s: %s does not show what was kept: fill in what restore returns, and send its id along in a hidden field held", key, page)
		}
		if !strings.Contains(key.pattern, "/probe/") && !strings.Contains(filled.Text(), signedOutBefore) {
			t.Errorf(`%s: %s does not say where its text comes from: write {{template "restored" .Restored}}`, key, page)
		}
	}
}

// Whoever sends the form again that came too late has saved it, and nothing of it is kept any longer.
func TestSavedFormLeavesNoDraft(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	saved := map[*lateForm]bool{}
	for _, ready := range actForms {
		x := ready(p)
		rt := p.app.route(http.MethodPost, p.app.routes.Find(chi.NewRouteContext(), http.MethodPost, x.action))
		if rt.late == nil {
			continue
		}
		x.b.timeOut()
		next, id := draftAt(x.send(x.b), "/login", fillPattern(rt.page, rt.pattern, x.action))
		x.b.SignIn(x.owner.Email, password)
		x.b.Reauth(password)
		x.page = x.b.Get(next).Want(http.StatusOK)
		x.send(x.b).Leads(x.leads)
		if p.count(`SELECT count(*) FROM held_forms WHERE id = $1`, id) != 0 {
			t.Errorf("POST %s is saved, and its draft is still there: deleteDraft what the field held names", x.action)
		}
		saved[rt.late] = true
	}
	for key, rt := range p.app.table {
		if rt.late != nil && !saved[rt.late] && !strings.Contains(key.pattern, "/probe/") {
			t.Errorf("%s may come too late, and nothing sends it again: add it to actForms", key)
		}
	}
}
