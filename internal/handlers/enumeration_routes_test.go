package handlers

import (
	"net/http"
	"slices"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// unasked are the forms for everybody that no question asks, and why they cannot tell who has an account.
var unasked = map[string]string{
	"/password/reset":         "what it does is decided by the token of an email, which is sent to the owner alone",
	"/password/reset/{token}": "the same",
	"/email/confirm":          "the same",
	"/email/confirm/{token}":  "the same",
	"/email/undo":             "the same",
	"/email/undo/{token}":     "the same",
	"/login/verify":           "it comes after the right password",
	"/demo":                   "it reads no field",
	"/demo/phone/{token}":     "what it does is decided by the token of a link",
	"/demo/back":              "the same, of a cookie",
	"/logout":                 "it is about the session of the browser",
	"/session/extend":         "the same",
	"/preferences":            "it is about the browser",
	"/basket":                 "the same",
	"/labs":                   "the same",
	"/labs/class":             "the same",
	"/labs/{lesson}":          "it is about a twin, which has no account of anybody",
	"/learn/{lesson}/check":   "the same",
}

// Each form that somebody can ask about the accounts of others is one of the questions: those for everybody, and those that read an
// address. Any other is about the account that is signed in.
func TestEveryFormIsAsked(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	listed := map[string]bool{}
	for _, q := range slices.Concat(questions, lockedQuestions) {
		listed[q.path] = true
	}
	for path := range unasked {
		if listed[path] {
			t.Errorf("%s is asked, and left out", path)
		}
		listed[path] = true
	}
	for key, rt := range p.app.table {
		if key.method != http.MethodPost || key.pattern == "/probe/bag" {
			continue
		}
		if readsAddress := rt.late != nil && slices.Contains(rt.late.fields, "email"); rt.guarded && !readsAddress {
			continue
		}
		if !listed[key.pattern] {
			t.Errorf("%s: write a question in enumeration_test.go, or why it tells nothing in unasked", key.pattern)
		}
		delete(listed, key.pattern)
	}
	for path := range listed {
		t.Errorf("%s is no such form", path)
	}
}

// What is written for an address without an account leaves the outbox like an email, and reaches nobody.
func TestDecoysAreNotSent(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		logged, known := p.log.Len(), p.newUser("Kay").Email
		p.browser().Post("/password/forgot", "email", webtest.Email()).Leads("/password/forgot/sent")
		p.awaitLog(logged, string(audit.PasswordResetRequested))
		for unknown := webtest.Email(); p.browser().guess(unknown).StatusCode != http.StatusTooManyRequests; {
		}
		p.awaitLog(logged, string(audit.LoginLock))
		for range guard.AccountHere.Burst + 1 {
			p.browser().guess(known)
		}
		p.email(known, "") // which was stored after the others
		if n := len(p.outbox.Emails()); n != 1 {
			t.Errorf("%d emails were sent, want the one to the account", n)
		}
		if n := p.count(`SELECT count(*) FROM decoys`); n != 4 {
			t.Errorf("%d decoys, want three for the forgotten password and one for the unlocking", n)
		}
	})
}
