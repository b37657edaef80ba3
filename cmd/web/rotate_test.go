package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/webtest"
)

// sealerWith makes a sealer of the keys of a setting.
func sealerWith(t testing.TB, keys string) *seal.Sealer {
	t.Helper()
	var all [][]byte
	for text := range strings.SplitSeq(keys, ",") {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	sealer, err := seal.New(all)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// enrolApp gives the account an authenticator app whose secret is sealed with that sealer.
func (p *program) enrolApp(t testing.TB, sealer *seal.Sealer, email string) *authenticator {
	t.Helper()
	app := &authenticator{secret: auth.NewTOTPSecret()}
	var id string
	p.ask(t, `SELECT id FROM users WHERE email = $1`, []any{email}, &id)
	sealed, err := sealer.Seal(app.secret, auth.TOTPSecret{UserID: id}.SealPlace())
	if err != nil {
		t.Fatal(err)
	}
	p.change(t, `INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) SELECT id, $1, 0, created_at FROM users WHERE id = $2`, sealed, id)
	return app
}

// addDrafts stores drafts that are sealed with that sealer.
func (p *program) addDrafts(t testing.TB, sealer *seal.Sealer, email string, n int) {
	t.Helper()
	row := draft.Row{Route: "profile", SessionID: "none"}
	p.ask(t, `SELECT id FROM users WHERE email = $1`, []any{email}, &row.UserID)
	for i := range n {
		row.ID = fmt.Sprintf("draft %03d", i)
		sealed, err := sealer.Seal([]byte("{}"), row.SealPlace())
		if err != nil {
			t.Fatal(err)
		}
		p.change(t, `
			INSERT INTO held_forms (id, user_id, session_id, route, sealed, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6)`, row.ID, row.UserID, row.SessionID, row.Route, sealed, time.Now().Add(time.Hour).UTC())
	}
}

// TestKeysRotate: after it nothing that can be opened is sealed with the old key, and with the new one alone people have what they
// had. What a lost key has sealed is counted and left.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, old, newest := on(t), config.NewKey(), config.NewKey()
			p := start(t, data, "--keys="+old)
			p.data = append(slices.Clone(data), "--keys="+old)
			email, lost := p.account(t, "Ada Lovelace"), p.account(t, "Lotte Reis")
			sealer := sealerWith(t, old)
			app := p.enrolApp(t, sealer, email)
			p.enrolApp(t, sealerWith(t, config.NewKey()), lost)
			p.addDrafts(t, sealer, email, 2*resealedAtOnce+1)
			row, err := mail.NewRow(sealer, mail.Email{ID: rand.Text(), To: email, Subject: "later"})
			if err != nil {
				t.Fatal(err)
			}
			row.DueAt = row.DueAt.Add(time.Hour)
			if err := p.db.AddEmail(t.Context(), row, row.Most()); err != nil {
				t.Fatal(err)
			}
			visitor := p.Client(t)
			visitor.Get("/plans").Want(http.StatusOK)
			webtest.Until(t, "a plan to be taken", func() bool {
				return visitor.Post("/basket", "plan", "hall").StatusCode == http.StatusSeeOther
			})
			if err := p.Stop(); err != nil {
				t.Fatal(err)
			}

			rotate := func(keys string, args ...string) (states map[string]int, r rotation, err error) {
				t.Helper()
				out, _, err := command(t, "", slices.Concat([]string{"keys", "rotate", "--json", "--keys=" + keys}, args, data)...)
				r, states = jsonLines[rotation](t, out)[0], map[string]int{}
				for _, u := range r.Sealed {
					states[u.What+" "+u.State] += u.Count
				}
				if strings.Contains(out, old) || strings.Contains(out, newest) {
					t.Error("a key was printed")
				}
				return states, r, err
			}
			states, r, err := rotate(newest+","+old, "--dry-run")
			if wantCode(t, err, codeFailed); states["authenticator apps old"] != 1 || states["drafts old"] != 2*resealedAtOnce+1 || r.Resealed != 0 {
				t.Errorf("nothing done: got %v", states)
			}
			states, r, err = rotate(newest + "," + old)
			if err != nil {
				t.Errorf("got %v", err)
			}
			for what, want := range map[string]int{
				"authenticator apps newest": 1, "authenticator apps not given": 1, "drafts newest": 2*resealedAtOnce + 1, "waiting emails newest": 1,
				"authenticator apps old": 0, "drafts old": 0, "waiting emails old": 0, "bags old": 0, "bags in Redis old": 0,
			} {
				if states[what] != want {
					t.Errorf("%s: %d, want %d", what, states[what], want)
				}
			}
			if n := states["bags newest"] + states["bags in Redis newest"]; n != 1 || r.Resealed != 2*resealedAtOnce+4 {
				t.Errorf("%d bags, %d sealed anew, want 1 and all", n, r.Resealed)
			}
			if _, r, err = rotate(newest + "," + old); err != nil || r.Resealed != 0 {
				t.Errorf("the second time %d were sealed anew, %v", r.Resealed, err)
			}

			p = start(t, data, "--keys="+newest)
			visitor.Origin = p.Origin
			comesToSay(visitor, "/plans", "Hall is in your basket.")
			c := p.Client(t)
			c.Post("/login", "email", email, "password", webtest.Password).Leads("/login/verify")
			c.Post("/login/verify", "code", app.code(t)).Want(http.StatusSeeOther)
			if !c.Alive() {
				t.Error("a code of the app did not sign in")
			}
		})
	}
}
