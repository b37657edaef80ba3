package twin

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"time"
)

// showSignIn keeps a value against forged forms in the session, as many forms do.
func (p *Portal) showSignIn(w http.ResponseWriter, r *http.Request) {
	if !p.Exists(r.Context(), "form") {
		p.Put(r.Context(), "form", rand.Text())
	}
	p.signInForm(w, r, http.StatusOK, "")
}

func (p *Portal) signInForm(w http.ResponseWriter, r *http.Request, status int, problem string) {
	p.page(w, status, "Sign in", paragraph(problem)+p.form("/login", fmt.Sprintf(`<input type="hidden" name="form" value="%s">
<input type="hidden" name="next" value="%s">
<label>Email address <input name="email" type="email" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button>`, p.GetString(r.Context(), "form"), html.EscapeString(r.FormValue("next")))))
}

const (
	mostFailures = 10  // how often a password may be wrong in a row
	mostCounted  = 100 // addresses without an account whose failures are counted, as if they had one
	longestEmail = 254
)

func (p *Portal) signIn(w http.ResponseWriter, r *http.Request) {
	email, password := r.FormValue("email"), r.FormValue("password")
	if p.guessed(email) && !p.has(GuessesUnlimited) {
		http.Error(w, "Too many attempts.", http.StatusTooManyRequests)
		return
	}
	known := len(p.options.Accounts) == 0 || slices.Contains(p.options.Accounts, email)
	if known && p.has(SlowerForAccounts) {
		time.Sleep(100 * time.Millisecond) // what a hash takes
	}
	if !known || password != p.passwordOf(email) {
		p.count(email, 1)
		problem := "That address and password do not match an account."
		if !known && p.has(SaysWhoExists) {
			problem = "There is no account with that address."
		}
		p.signInForm(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	p.count(email, 0)
	if p.renewsAtSignIn(r.Context()) {
		if err := p.renew(r.Context(), p.has(RenewalMovesLimit) || !p.Exists(r.Context(), "user")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	next := p.next(r)
	if _, second := p.options.SecondFactor[email]; second {
		p.Put(r.Context(), "pending", email)
		next = "/verify"
	}
	if next != "/verify" || p.has(FactorSkipped) {
		p.Put(r.Context(), "user", email)
		p.Put(r.Context(), "since", time.Now().Unix())
		p.Put(r.Context(), "preferences", preferences{Notes: true})
	}
	if strings.HasPrefix(next, "/") {
		next = p.options.Prefix + next
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (p *Portal) renewsAtSignIn(ctx context.Context) bool {
	if p.has(SignInAgainKeepsToken) {
		return !p.Exists(ctx, "user")
	}
	return !p.has(SignInKeepsToken)
}

// renew gives the session another token. RenewToken moves the absolute limit, which is put back unless the session begins.
func (p *Portal) renew(ctx context.Context, moves bool) error {
	limit := p.Deadline(ctx)
	if p.has(OldTokenLives) && p.Exists(ctx, "user") {
		ctx = context.WithValue(ctx, keepOld{}, true)
	}
	if err := p.RenewToken(ctx); err != nil {
		return err
	}
	if !moves {
		p.SetDeadline(ctx, limit)
	}
	return nil
}

// next is where a sign-in leads: a page of this portal.
func (p *Portal) next(r *http.Request) string {
	next := r.FormValue("next")
	switch {
	case p.has(TokenInURL):
		return "/account?session=" + p.Token(r.Context())
	case next != "" && p.has(LeadsAnywhere):
		return next
	case strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.Contains(next, `\`):
		return next
	default:
		return "/account"
	}
}

func (p *Portal) showVerify(w http.ResponseWriter, _ *http.Request) {
	p.page(w, http.StatusOK, "Second factor", `<form method="post"><label>Code <input name="code" autocomplete="one-time-code"></label><button>Go on</button></form>`)
}

func (p *Portal) verify(w http.ResponseWriter, r *http.Request) {
	email := p.GetString(r.Context(), "pending")
	if code := p.options.SecondFactor[email]; code == "" || r.FormValue("code") != code {
		http.Error(w, "That is not the code.", http.StatusUnprocessableEntity)
		return
	}
	if err := p.renew(r.Context(), true); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.Remove(r.Context(), "pending")
	p.Put(r.Context(), "user", email)
	p.Put(r.Context(), "since", time.Now().Unix())
	p.leadTo(w, r, "/account")
}

func (p *Portal) signOut(w http.ResponseWriter, r *http.Request) {
	if err := p.Destroy(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.leadTo(w, r, "/signed-out")
}

// forgetCookie is a sign-out that ends nothing.
func (p *Portal) forgetCookie(w http.ResponseWriter, r *http.Request) {
	p.WriteSessionCookie(r.Context(), w, "", time.Time{})
	p.leadTo(w, r, "/signed-out")
}

func (p *Portal) signedOut(w http.ResponseWriter, _ *http.Request) {
	p.page(w, http.StatusOK, "Signed out", `<p><a href="`+p.options.Prefix+`/login">Sign in</a></p>`)
}

func (p *Portal) passwordOf(email string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if changed, ok := p.passwords[email]; ok {
		return changed
	}
	return p.options.Password
}

func (p *Portal) guessed(email string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failures[email] >= mostFailures
}

// count adds a failure, or forgets all of them.
func (p *Portal) count(email string, failure int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if failure == 0 {
		delete(p.failures, email)
		return
	}
	_, counted := p.failures[email]
	if counted || slices.Contains(p.options.Accounts, email) || len(email) <= longestEmail && len(p.failures) < mostCounted {
		p.failures[email]++
	}
}
