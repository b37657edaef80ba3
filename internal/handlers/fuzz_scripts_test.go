package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// fuzzedScripts are the addresses that take or answer JSON. In a form the JSON is the field named.
type fuzzedScript struct{ method, path, field string }

var fuzzedScripts = []fuzzedScript{
	{"POST", "/login/passkey/finish", ""}, {"POST", "/reauth", "assertion"}, {"POST", finishEnrol, "credential"},
	{"POST", beginSignIn, ""}, {"POST", beginConfirm, ""}, {"POST", beginEnrol, ""},
	{"POST", "/session/extend", ""}, {"GET", "/session/state", ""},
}

// FuzzJSON sends the addresses of scripts what no script of ours sends. In the body CLIENT and DATA stand for the two texts
// that authenticators wrap in base64; in the first of them CHALLENGE stands for a good one, so that its check is not all
// that is ever reached.
func FuzzJSON(f *testing.F) {
	const client = `{"type":"webauthn.get","challenge":"CHALLENGE","origin":"https://portal.test","crossOrigin":false}`
	host := "\xb2" + strings.Repeat("h", 31) + "\x05\x00\x00\x00\x07"
	object, err := cbor.Marshal(map[string]any{
		"fmt": "none", "attStmt": map[string]any{},
		"authData": []byte(host[:32] + "\x45\x00\x00\x00\x00" + strings.Repeat("a", 16) + "\x00\x04name" + "\xa5\x01\x02\x03\x26\x20\x01\x21\x40\x22\x40"),
	})
	if err != nil {
		f.Fatal(err)
	}
	const answer = `{"id":"bmFtZQ","rawId":"bmFtZQ","type":"public-key","response":{"clientDataJSON":"CLIENT","authenticatorData":"DATA",` +
		`"signature":"DATA","userHandle":"DATA"}}`
	const made = `{"id":"bmFtZQ","rawId":"bmFtZQ","type":"public-key","response":{"clientDataJSON":"CLIENT","attestationObject":"DATA","transports":["x"]}}`
	f.Add(uint8(0), `{"assertion":`+answer+`,"remember":true,"next":"//evil.example"}`, client, []byte(host))
	f.Add(uint8(1), answer, client, []byte(host))
	f.Add(uint8(2), made, strings.Replace(client, ".get", ".create", 1), object)
	f.Add(uint8(3), `{"assertion":"CANARY"}`, "CANARY", []byte{})
	f.Add(uint8(0), `{"assertion":`, "", []byte{})
	f.Add(uint8(6), `[[[[[[[[{"next":1e999}`, "", []byte{0xff})
	f.Add(uint8(7), "null", `{"challenge":null}`, []byte(strings.Repeat("\x9f", 100)))
	s := newTarget(f)
	for key, rt := range s.app.table {
		if rt.script && !slices.ContainsFunc(fuzzedScripts, func(script fuzzedScript) bool { return script.path == key.pattern }) {
			f.Errorf("%s answers scripts: add it to fuzzedScripts", key)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body, client string, data []byte) {
		script := fuzzedScripts[int(which)%len(fuzzedScripts)]
		client = strings.ReplaceAll(client, "CHALLENGE", s.challenge(t))
		body = strings.NewReplacer("CLIENT", base64url([]byte(client)), "DATA", base64url(data)).Replace(withCanary(body, raw))
		if script.field != "" {
			body = url.Values{script.field: {body}, "name": {"Laptop"}}.Encode()
		}
		for _, token := range []string{"", s.token} {
			r := s.request(script.method, script.path, token, body)
			r.Header.Set("Accept", "application/json")
			if script.field == "" {
				r.Header.Set("Content-Type", "application/json")
			}
			res := s.send(t, r)
			if kind, text := res.Header().Get("Content-Type"), res.Body.String(); strings.HasPrefix(kind, "application/json") {
				if !json.Valid([]byte(text)) || strings.Contains(text, "<zq>") || res.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%s: got %q", script.path, text)
				}
			} else if script.field == "" {
				t.Errorf("%s: a script got %d, %s", script.path, res.Code, kind)
			}
			if res.Code == http.StatusOK && strings.HasSuffix(script.path, "/finish") {
				t.Errorf("%s took\n%s", script.path, body)
			}
		}
	})
}

// challenge is one that a sign-in may be answered with, and nothing else.
func (s *target) challenge(t *testing.T) string {
	t.Helper()
	r := s.request(http.MethodPost, beginSignIn, "", "{}")
	r.Header.Set("Content-Type", "application/json")
	body := s.send(t, r).Body
	var asked askedJSON
	if err := json.Unmarshal(body.Bytes(), &asked); err != nil || asked.PublicKey.Challenge == "" {
		t.Fatalf("%v: %s", err, body)
	}
	return asked.PublicKey.Challenge
}

// tokenPages are opened by the one-time tokens, each by its own kind.
var tokenPages = []struct{ page, key string }{
	{"/email/confirm/", "ABCDEFGHIJKLMNOPQRSTUVWXYA"}, {"/email/undo/", "ABCDEFGHIJKLMNOPQRSTUVWXYB"},
	{"/password/reset/", "ABCDEFGHIJKLMNOPQRSTUVWXYC"}, {"/account/email/confirm/", "ABCDEFGHIJKLMNOPQRSTUVWXYD"},
}

// FuzzKey follows links of emails that were never sent, beside emails that wait with known tokens: each opens its own page
// alone, goes on as no referrer, and nothing is kept of any other.
func FuzzKey(f *testing.F) {
	for which, of := range tokenPages {
		for _, key := range []string{
			of.key, tokenPages[(which+1)%len(tokenPages)].key, strings.ToLower(of.key), of.key[:25], of.key + "A", " " + of.key, of.key + "\x00", of.key + "/x",
			of.key + "?", of.key + "#", "%41" + of.key[1:], "..", "", "CANARY", "\xff",
		} {
			f.Add(uint8(which), key)
		}
	}
	s := newTarget(f)
	s.sendEmails(f)
	f.Fuzz(func(t *testing.T, which uint8, key string) {
		of, key := tokenPages[int(which)%len(tokenPages)], withCanary(key, raw)
		path, good, before := of.page+url.PathEscape(key), key == of.key, s.waiting(t)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if good && method == http.MethodPost {
				return // it would be used up
			}
			res := s.send(t, s.request(method, path, "", "password="+url.QueryEscape(otherPassword)))
			if (res.Code < 400) != good {
				t.Errorf("%s %q: got %d", method, path, res.Code)
			}
			if good && res.Header().Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s %q: the token goes out as the referrer", method, path)
			}
		}
		if after := s.waiting(t); after != before {
			t.Errorf("%q: %d tokens and bags, before: %d", path, after, before)
		}
	})
}

// sendEmails makes an email of each kind wait.
func (s *target) sendEmails(f *testing.F) {
	f.Helper()
	ctx, at := context.Background(), time.Now().UTC()
	hash := func(i int) string { return auth.HashToken(tokenPages[i].key) }
	resumed, err := s.app.Sessions.Resume(ctx, session.Credential{Token: s.token, ReadOnly: true})
	if err != nil {
		f.Fatal(err)
	}
	change := account.EmailChange{
		ID: "change", UserID: s.user.ID, Email: "new@example.org", NormalizedEmail: "new@example.org", OldEmail: s.user.Email, OldNormalizedEmail: s.user.NormalizedEmail,
		AskedAt: at, ConfirmUntil: at.Add(24 * time.Hour), UndoUntil: at.Add(24 * time.Hour),
	}
	asked := audit.Event{ID: "asked", UserID: s.user.ID, Kind: audit.EmailChangeRequested, At: at}
	err = errors.Join(
		s.db.AddSignUp(ctx, account.SignUp{TokenHash: hash(0), Email: "a@example.org", NormalizedEmail: "a@example.org", CreatedAt: at, ExpiresAt: at.Add(24 * time.Hour)}, account.Press{}, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{})),
		s.db.RequestEmailChange(ctx, account.RequestEmailChangeParams{EmailChange: change, StopHash: hash(1), ConfirmHash: hash(3), By: resumed.Session.By(device.Client{}), Event: asked}),
		s.db.AddOneTimeToken(ctx, account.OneTimeToken{TokenHash: hash(2), UserID: s.user.ID, Purpose: "reset", CreatedAt: at, ExpiresAt: at.Add(24 * time.Hour)}),
	)
	if err != nil {
		f.Fatal(err)
	}
}

// waiting counts the tokens that wait, and the bags that one may have been put in.
func (s *target) waiting(t *testing.T) (n int) {
	t.Helper()
	err := s.db.DB().QueryRowContext(context.Background(), `
		SELECT (SELECT count(*) FROM signups) + (SELECT count(*) FROM letter_keys) + (SELECT count(*) FROM email_changes) + (SELECT count(*) FROM bags)`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
