package handlers

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/webtest"
)

// deletes asks for the end of the browser's account.
func (b *browser) deletes() *webtest.Answer {
	b.p.t.Helper()
	return b.Post("/account/delete", "sure", "on", "password", password)
}

// TestDeletion goes through the fourteen days: everybody is signed out at once, the account can be signed in to and opens
// nothing but the way to keep it, and the sweeper deletes it to the moment, with everything of its owner
// (ASVS v5.0.0-7.4.2).
func TestDeletion(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, other := p.newUser("Del"), p.newUser("Olive")
	inTime(t, p, func(t *testing.T) {
		b, phone := p.signedIn(u), p.signedIn(u)
		stays := p.signedIn(other)
		b.Reauth(password).Want(http.StatusSeeOther)
		b.Post("/account/email", "email", webtest.Email()).Want(http.StatusSeeOther)
		b.keeps("lantern")
		b.deletes().Leads("/signed-out")
		if b.Alive() || phone.Alive() || !stays.Alive() {
			t.Fatal("want every session of the account ended, and no other")
		}
		phone.Get("/signed-out").Says("This account is to be deleted")
		p.email(u.Email, "Your account will be deleted")

		b.SignIn(u.Email, password)
		for _, path := range []string{"/account", "/account/sessions", "/account/session", "/account/profile"} {
			b.Get(path).Leads("/account/delete")
		}
		b.Post("/account/profile", "name", "Other").Leads("/account/delete")
		b.Get("/account/export").Want(http.StatusOK)
		b.Get("/account/delete").Want(http.StatusOK).Says("Keep my account")
		b.deletes().Leads("/account/delete") // once is enough

		time.Sleep(account.DeletionGrace - time.Microsecond)
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		b.SignIn(u.Email, password)
		time.Sleep(time.Microsecond)
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		p.browser().Post("/login", "email", u.Email, "password", password).Want(422)
		if b.Alive() {
			t.Error("a session outlived its account")
		}
		if dump := p.everything(); strings.Contains(dump, u.ID) || strings.Contains(dump, u.Email) {
			t.Error("something of the deleted account is left")
		}
		p.signedIn(other)
	})
	if !strings.Contains(p.log.String(), `"msg":"user_deleted"`) {
		t.Error("no user_deleted in the log")
	}
}

// everything is the text of every row of every table.
func (p *portal) everything() string {
	p.t.Helper()
	return p.dumpOf(p.tables()...)
}

// tables are those of a portal on SQLite.
func (p *portal) tables() (names []string) {
	p.t.Helper()
	rows, err := p.store.DB().QueryContext(p.t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			p.t.Fatal(err)
		}
		names = append(names, name)
	}
	if rows.Err() != nil || len(names) < 10 {
		p.t.Fatalf("%d tables, %v", len(names), rows.Err())
	}
	return names
}

// Whoever changes their mind keeps all of it, at any time of the grace, and is signed in as before.
func TestDeletionStopped(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Kit")
		b := p.signedIn(u)
		b.Post("/account/delete/stop").Leads("/account") // nothing to stop
		b.deletes().Leads("/signed-out")
		b.SignIn(u.Email, password)
		b.Post("/account/delete/stop").Leads("/account")
		b.Get("/account").Want(http.StatusOK).Says("Your account stays, with everything in it.")
		p.email(u.Email, "The account stays")
		p.exec(`UPDATE users SET created_at = $1 WHERE id = $2`, longAgo, u.ID)
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		if !b.Alive() {
			t.Error("the account is gone")
		}
	})
}

// The end of an account is confirmed for itself: a window that is open does not do, nor a proof from before everything
// was signed out (ASVS v5.0.0-7.5.3).
func TestDeletionIsConfirmed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Con")
	b := p.signedIn(u)
	p.signedIn(u)
	b.Reauth(password).Want(http.StatusSeeOther)
	b.Post("/account/delete").Want(422).Says("Tick the box")
	b.Post("/account/delete", "sure", "on").Want(422).Says("Enter your password.")
	page := b.Post("/account/delete", "sure", "on", "password", otherPassword).Want(422).Says("That is not your password.")
	if !strings.Contains(page.Body, "checked") {
		t.Error("the tick is lost")
	}
	b.Post("/account/delete", "password", password).Want(422).Says("Tick the box")
	if n := p.count(`SELECT count(*) FROM users WHERE delete_after IS NOT NULL`); n != 0 {
		t.Fatal("marked for deletion without a proof")
	}
	proof, err := p.auth.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: u.Email, Password: password}, device.Client{})
	if err != nil {
		t.Fatal(err)
	}
	session, err := p.sessions.Session(t.Context(), u.ID, b.Handle())
	if err != nil {
		t.Fatal(err)
	}
	b.Post("/account/sessions/end-others").Want(http.StatusSeeOther)
	if err := p.accounts.RequestDeletion(t.Context(), session.By(device.Client{}), proof, audit.Now(), nil); !errors.Is(err, auth.ErrConflict) {
		t.Errorf("an old proof: got %v, want ErrConflict", err)
	}
	stranger, err := p.auth.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: p.newUser("Str").Email, Password: password}, device.Client{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.accounts.RequestDeletion(t.Context(), session.By(device.Client{}), stranger, audit.Now(), nil); !errors.Is(err, auth.ErrConflict) {
		t.Errorf("another person's proof: got %v, want ErrConflict", err)
	}
}

// Somebody who forgot the password in the days of grace can still choose another and keep the account.
func TestDeletionAndForgottenPassword(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Fog")
	p.signedIn(u).deletes().Want(http.StatusSeeOther)
	b := p.browser()
	b.Post(b.forgetsAfter(u.Email, "/password/reset/"), "password", otherPassword).Want(http.StatusSeeOther)
	b.SignIn(u.Email, otherPassword)
	b.Get("/account").Leads("/account/delete")
	b.Post("/account/delete/stop").Leads("/account")
}

// forgetsAfter asks for an email where others are on their way.
func (b *browser) forgetsAfter(email, about string) string {
	b.p.t.Helper()
	b.Post("/password/forgot", "email", email).Want(http.StatusSeeOther)
	return linkIn(b.p.t, b.p.email(email, about))
}
