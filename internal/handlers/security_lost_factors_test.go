package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// Somebody who has lost every second factor is let back in by an operator: with the password alone, nothing that was begun
// can be finished, and whoever was signed in is not any more (ASVS v5.0.0-6.4.4).
func TestLostFactors(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Lotte")
		other, _, _ := p.enrolled("Otto")
		b := p.browser()
		b.Post("/login", "email", u.Email, "password", password).Leads("/login/verify")
		b.Post("/login/verify", "code", app.code()).Want(http.StatusSeeOther)
		half := p.browser()
		half.Post("/login", "email", u.Email, "password", password).Leads("/login/verify")
		proof, err := p.auth.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: u.Email, Password: password}, device.Client{})
		if err == nil {
			proof, err = p.auth.CheckCode(t.Context(), proof, codes[1], audit.Actor{}, audit.MFAFail, func(context.Context) error { return nil })
		}
		if err != nil {
			t.Fatal(err)
		}

		remove := func() (int, error) {
			return admin.New(p.store, audit.NewTrail(p.store, slog.New(slog.DiscardHandler))).Do(t.Context(), admin.Order{
				Action: admin.RemoveFactors, Operator: "ada", UserID: u.ID, Reason: "She came with her passport.",
			})
		}
		epoch := p.count(`SELECT epoch FROM users WHERE id = $1`, u.ID)
		if ended, err := remove(); err != nil || ended == 0 || b.Alive() {
			t.Fatalf("got %v, %d ended, alive: %t", err, ended, b.Alive())
		}
		if got := p.count(`SELECT epoch FROM users WHERE id = $1`, u.ID); got != epoch+1 {
			t.Errorf("epoch %d, want %d: it refuses what is under way with a proof that spends nothing", got, epoch+1)
		}
		b.Get("/signed-out").Says("administrator")
		if _, err := p.sessions.SignIn(t.Context(), proof, session.SignInRequest{NewToken: session.NewToken{NewTokenHash: "lost"}}); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("a sign-in under way with what was lost: got %v, want ErrConflict", err)
		}
		half.Post("/login/verify", "code", codes[0]).Leads("/login?again=yes")
		in := p.signedIn(u)
		in.Get("/account/activity").Says("An operator removed every second step of this account. Reason: She came with her passport.")
		p.browser().Post("/login", "email", other.Email, "password", password).Leads("/login/verify")

		if _, err := remove(); !errors.Is(err, admin.ErrUnchanged) { // nothing is left
			t.Errorf("got %v, want ErrUnchanged", err)
		}
		if !in.Alive() {
			t.Error("a second removal ended a session")
		}
	})
}
