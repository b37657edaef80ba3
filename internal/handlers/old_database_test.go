package handlers

import (
	"bytes"
	"encoding/base32"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

// What a browser, an app and a mailbox held when testdata/database-10.sql was written.
const (
	oldEmail   = "ada@portal.example"
	oldIP      = "2001:db8:6:1::7"
	oldToken   = "XnI2Py1BwX6yo1YPyM-dC7P7zUOUI5NaiIGpsy-R7JI"
	oldSecret  = "776XBPHV4DUTCISTHXXVK4JRAWCQ3Z5E"
	oldDraft   = "MTURTMCBNU7FZZLKEWRP4OCI7E"
	oldMessage = "OLDLETTEROLDLETTEROLDLETTE"
)

// oldBackend is the database of an older program, brought up to date as at a start.
func oldBackend(t *testing.T) backend {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "old.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	old, err := os.ReadFile("testdata/database-10.sql")
	if err == nil {
		_, err = s.DB().ExecContext(t.Context(), string(old))
	}
	if err == nil {
		_, err = s.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return backend{store: s, bags: s.Bags()}
}

// TestOldDatabase: who was signed in before an update still is, and everything that was sealed opens. What is stored keeps
// its name, or is migrated.
func TestOldDatabase(t *testing.T) {
	p := portalOn(t, oldBackend(t), nil)
	sealer := testSealer(t)
	inTime(t, p, func(t *testing.T) {
		time.Sleep(40 * time.Minute)
		b := p.holding(oldToken)
		b.IP = oldIP
		b.Get("/account/sessions").Want(http.StatusOK).Says("Ada Lovelace")
		holds(b.Get(profilePage+"?held="+oldDraft).Want(http.StatusOK).Says(signedOutBefore), `value="Ada King"`)

		secret, err := base32.StdEncoding.DecodeString(oldSecret)
		if err != nil {
			t.Fatal(err)
		}
		app := &authenticator{t: t, secret: secret}
		b.Post("/reauth", "password", password, "code", app.code(), "next", profilePage).Leads(profilePage)
		b.Post(profilePage, "name", "Ada King", "held", oldDraft).Leads(profilePage)
		b.Get("/account/sessions").Want(http.StatusOK).Says("Ada King")
		if n := p.count(`SELECT count(*) FROM sessions WHERE flag <> ''`); n != 0 {
			t.Errorf("%d flagged sessions, want none: the browser and its network are known", n)
		}

		var sent mail.Mailbox
		var log bytes.Buffer
		outbox := mail.NewOutbox(mail.Options{Store: p.store, Sealer: sealer, Sender: &sent, Log: slog.New(slog.NewTextHandler(&log, nil))})
		_ = outbox.Close(t.Context())
		if got := sent.Emails(); len(got) != 1 || got[0].ID != oldMessage || got[0].To != oldEmail || got[0].Text != "It was written by the version before.\n" {
			t.Errorf("sent %+v, want the one email that waited\n%s", got, log.String())
		}
	})
}
