package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// TestExport takes the file and looks for what it must hold, and for what it must not: secrets, and other people.
func TestExport(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, other := p.newUser("Exa"), p.newUser("Secretive")
		theirs := p.signedIn(other)
		theirs.Agent = webtest.FirefoxOnWindows
		theirs.Get("/account")
		b := p.signedIn(u)
		b.Reauth(password).Want(http.StatusSeeOther)
		confirm, stop := b.moves(u, webtest.Email())
		b.Get(exportPath).Want(http.StatusOK).Says("What is in it")
		res := b.Post(exportPath, "password", password).Want(http.StatusOK)
		for name, want := range map[string]string{
			"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Content-Disposition": `attachment; filename="gatehouse-account.json"`,
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		var file map[string]json.RawMessage
		if err := json.Unmarshal([]byte(res.Body), &file); err != nil {
			t.Fatal(err)
		}
		for table, words := range map[string]string{
			"account": u.Email, "sessions": "Macintosh", "events": "sensitive_read", "changes of address": "old_email",
		} {
			if !strings.Contains(string(file[table]), words) {
				t.Errorf("%s does not hold %q:\n%s", table, words, file[table])
			}
		}
		var sessions []struct {
			ID         string `json:"id"`
			Remembered *bool  `json:"remembered"`
			Created    string `json:"created_at"`
		}
		if err := json.Unmarshal(file["sessions"], &sessions); err != nil || len(sessions) != 1 || sessions[0].Remembered == nil || !strings.HasSuffix(sessions[0].Created, "Z") {
			t.Errorf("got %+v, %v, want one session with a bool and a time in UTC", sessions, err)
		}
		key := func(link string) string { return auth.HashToken(link[strings.LastIndexByte(link, '/')+1:]) }
		for what, secret := range map[string]string{
			"token": b.Token(), "hash of it": auth.HashToken(b.Token()), "password hash": "$argon2id$", "other account": other.ID,
			"other address": other.Email, "other browser": "Windows NT", "key": key(confirm), "other key": key(stop),
		} {
			if strings.Contains(res.Body, secret) {
				t.Errorf("the file holds the %s", what)
			}
		}
		p.email(u.Email, "was downloaded as a file")

		var first, second struct {
			Events []map[string]any `json:"events"`
		}
		for body, to := range map[string]any{res.Body: &first, b.Post(exportPath, "password", password).Want(http.StatusOK).Body: &second} {
			if err := json.Unmarshal([]byte(body), to); err != nil {
				t.Fatal(err)
			}
		}
		last := first.Events[len(first.Events)-1]
		if !slices.ContainsFunc(second.Events, func(e map[string]any) bool { return maps.Equal(e, last) }) {
			t.Errorf("the next file does not have the event of the first as that has it:\n%v", last)
		}
	})
}

// Everything at once is confirmed for itself, whatever window is open; the answer opens none (ASVS v5.0.0-7.5.3).
func TestExportIsConfirmed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Exo")
	b := p.signedIn(u)
	b.Reauth(password).Want(http.StatusSeeOther)
	b.Post(exportPath).Want(422).Says("Enter your password.")
	b.Post(exportPath, "password", otherPassword).Want(422).Says("That is not your password.")
	if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'sensitive_read'`); n != 0 {
		t.Error("an event says that it was taken")
	}
	fresh := p.signedIn(u)
	fresh.Post(exportPath, "password", password).Want(http.StatusOK)
	if n := p.count(`SELECT count(*) FROM sessions WHERE elevated_until IS NOT NULL`); n != 1 {
		t.Error("the file opened a window")
	}
	for range guard.Exports.Burst - 1 {
		fresh.Post(exportPath, "password", password).Want(http.StatusOK)
	}
	fresh.Post(exportPath, "password", password).Want(http.StatusTooManyRequests).Says("Please try again in")
}

// The file that was lost on its way is the same when the button is pressed again, also by a person whose code is used up. After
// half a minute it is another, which takes another confirmation.
func TestExportPressedAgain(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Xenia")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		app, _ := b.enrolApp()
		page, before := b.Get(exportPath), p.emailsStored()
		fields := []string{"password", password, "code", app.code()}
		p.exec(`
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
			INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
			SELECT 'event' || i, $1, '', 'kind', '', '', '', $2 FROM n`, u.ID, time.Now().UTC())
		first := b.Submit(page, exportPath, fields...).Want(http.StatusOK)
		if n := p.count(`SELECT max(length(answer)) FROM acts`); n > len(first.Body)/4 {
			t.Errorf("%d bytes are stored of a file of %d", n, len(first.Body))
		}
		time.Sleep(act.Valid - time.Second)
		if again := b.Submit(page, exportPath, fields...).Want(http.StatusOK); again.Body != first.Body || again.Header.Get("Cache-Control") != "no-store" {
			t.Error("another file")
		}
		b.as(webtest.FirefoxOnWindows).Submit(page, exportPath, fields...).Want(http.StatusUnprocessableEntity)
		time.Sleep(time.Second)
		b.Submit(page, exportPath, fields...).Want(http.StatusUnprocessableEntity)
		if events, emails := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE reason = 'export'`), p.emailsStored()-before; events != 1 || emails != 1 {
			t.Errorf("%d events and %d emails, want one of each", events, emails)
		}
	})
}
