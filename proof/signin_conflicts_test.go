package proof

import (
	"net/http"

	"example.com/gatehouse/webtest"
)

// raceSignIn has somebody sign in while all sessions are ended: they are refused, ended with the others, or begin after.
// It returns how many did which.
func raceSignIn(p *person) map[string]int {
	p.t.Helper()
	outcomes := map[string]int{}
	for n := range *rounds {
		late := p.at(n).Client(p.t)
		certain := p.signInLate(n, late)
		outcome := "begun after it"
		switch {
		case late.Token() == "":
			outcome = "refused"
		case !opens(late):
			outcome = "ended"
		default:
			if older := p.aliveFromBefore(); older > 0 {
				p.t.Errorf("round %d: %d sessions that began before the ending are alive after it", n, older)
			}
			late.Post("/logout").Leads("/signed-out")
		}
		if certain != "" && outcome != certain {
			p.t.Errorf("round %d: the sign-in was %s, want %s", n, outcome, certain)
		}
		outcomes[outcome]++
	}
	p.t.Logf("%d rounds: sign-ins %v", *rounds, outcomes)
	return outcomes
}

// signInLate signs in while another device ends all sessions. On PostgreSQL both wait in a queue for the lock of the
// account's row, alternately the one or the other first, both having read the same state; so the outcome of the sign-in
// is certain.
func (p *person) signInLate(n int, late *webtest.Client) (certain string) {
	p.t.Helper()
	c := p.signIn(n + 1)
	signIn := func() *flight {
		return sending(late, http.MethodPost, "/login", "email", p.email, "password", p.password)
	}
	endAll := func() *flight {
		return sending(p.via(c, n+2), http.MethodPost, "/account/sessions/end-all", "password", p.password)
	}
	first, second, outcome := signIn, endAll, "ended"
	if n%2 == 1 {
		first, second, outcome = endAll, signIn, "refused"
	}
	var flights [2]*flight
	if p.portals[0].onPostgres() {
		c.Post("/reauth", "password", p.password).Want(http.StatusSeeOther)
		l := p.lock(`SELECT 1 FROM users WHERE email = $1 FOR NO KEY UPDATE`, []any{p.email}, "users")
		flights[0] = first()
		webtest.Until(p.t, "the first to stop at the account", func() bool { return l.waiting() >= 1 })
		flights[1] = second()
		webtest.Until(p.t, "the second to stop behind it", func() bool { return l.waiting() >= 2 })
		l.release()
		certain = outcome
	} else {
		flights[0], flights[1] = first(), second()
	}
	for _, f := range flights {
		a := f.land()
		switch {
		case f.by != late:
			a.Leads("/signed-out")
		case a.StatusCode == http.StatusUnprocessableEntity:
			a.Says("Your account was changed while you were signing in.")
		default:
			a.Leads("/account")
		}
		f.by.Keep(a)
	}
	if opens(c) {
		p.t.Errorf("round %d: the session that ended all is alive", n)
	}
	return certain
}

// aliveFromBefore counts the live sessions that began before another one of the account was ended.
func (p *person) aliveFromBefore() (n int) {
	p.t.Helper()
	err := p.facts.QueryRowContext(p.t.Context(), `
		SELECT count(*) FROM sessions AS alive JOIN users ON users.id = alive.user_id
		WHERE email = $1 AND ended_at IS NULL AND EXISTS (
			SELECT 1 FROM sessions AS over WHERE over.user_id = alive.user_id AND over.ended_at > alive.created_at)`, p.email).Scan(&n)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}
