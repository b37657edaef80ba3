package handlers

import (
	"net/http"
	"regexp"
	"time"

	"github.com/go-chi/chi/v5"
)

type devMailView struct {
	Layout
	Emails []devEmailView
}

type devEmailView struct {
	ID, To, Subject, Text string
	At                    time.Time
	Links                 []string
}

func (*devMailView) page() string { return "dev-mail.html" }

// linksInEmail finds the addresses of pages in an email. The bare address of the portal leads nowhere in particular.
var linksInEmail = regexp.MustCompile(`https?://[^\s<>"/]+/[^\s<>"]*[^\s<>".,;:!?)]`)

// devMail shows the emails of a development portal, which go nowhere else. Production does not have this route.
func (a *app) devMail(w http.ResponseWriter, r *http.Request) error {
	v := &devMailView{}
	for _, l := range a.Mailbox.Emails() {
		v.Emails = append(v.Emails, emailViewOf(l))
	}
	return a.render(w, r, http.StatusOK, v)
}

// devEmailPolicy lets an email look as it does where it is read, and neither load, send nor run anything.
const devEmailPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

// devEmail shows the HTML of one email, alone in its page.
func (a *app) devEmail(w http.ResponseWriter, r *http.Request) error {
	for _, l := range a.Mailbox.Emails() {
		if l.ID == chi.URLParam(r, "id") {
			w.Header().Set("Content-Security-Policy", devEmailPolicy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write([]byte(l.HTML)) // a client that went away is nobody's error
			return nil
		}
	}
	return notFoundError()
}
