package handlers

import (
	"errors"
	"net/http"
	"testing"

	"example.com/gatehouse/internal/auth"
)

// Somebody who has lost every second factor is let back in by an operator: with the password alone, nothing that was begun
// can be finished, and whoever was signed in is not any more (ASVS v5.0.0-6.4.4).
func TestLostFactors(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Lotte")
		other, _, _ := p.enrolled("Otto")
		b := p.browser()
		b.post("/login", "email", u.Email, "password", password).location("/login/verify")
		b.post("/login/verify", "code", app.code()).want(http.StatusSeeOther)
		half := p.browser()
		half.post("/login", "email", u.Email, "password", password).location("/login/verify")
		proof, err := p.auth.CheckSignIn(t.Context(), u.Email, password, auth.Client{})
		if err == nil {
			proof, err = p.auth.CheckCode(t.Context(), proof, codes[1], auth.Asker{}, auth.MFAFail)
		}
		if err != nil {
			t.Fatal(err)
		}

		if _, ended, err := p.auth.RemoveFactors(t.Context(), u.Email); err != nil || ended == 0 || b.alive() {
			t.Fatalf("got %v, %d ended, alive: %t", err, ended, b.alive())
		}
		b.get("/signed-out").says("administrator")
		if _, err := p.auth.SignIn(t.Context(), proof, auth.Carrier{TokenHash: "lost"}); !errors.Is(err, auth.ErrOvertaken) {
			t.Errorf("a sign-in under way with what was lost: got %v, want ErrOvertaken", err)
		}
		half.post("/login/verify", "code", codes[0]).location("/login?again=yes")
		in := p.signedIn(u)
		in.get("/account/activity").says("Every second step was removed by the people who run this portal")
		p.browser().post("/login", "email", other.Email, "password", password).location("/login/verify")

		for _, email := range []string{u.Email, newEmail()} { // nothing is left, and nobody has it
			if _, _, err := p.auth.RemoveFactors(t.Context(), email); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		}
		if !in.alive() {
			t.Error("a second removal ended a session")
		}
	})
}
