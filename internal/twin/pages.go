package twin

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"time"
)

// page writes a whole page. What is in it was escaped by whoever made it.
func (p *Portal) page(w http.ResponseWriter, status int, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><title>%s</title>%s<h1>%s</h1>%s</html>", title, paragraph(p.options.Banner), title, body)
}

// leadTo sends on to a path of this portal.
func (p *Portal) leadTo(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, p.options.Prefix+path, http.StatusSeeOther)
}

// form is one that posts to a path of this portal.
func (p *Portal) form(path, fields string) string {
	return fmt.Sprintf("<form method=\"post\" action=\"%s\">%s</form>", p.options.Prefix+path, fields)
}

func paragraph(text string) string {
	if text == "" {
		return ""
	}
	return "<p>" + html.EscapeString(text) + "</p>\n"
}

func (p *Portal) account(w http.ResponseWriter, r *http.Request) {
	p.page(w, http.StatusOK, "Account of "+html.EscapeString(p.GetString(r.Context(), "user")), "\n"+
		p.form("/session/extend", "<button>Stay signed in</button>")+"\n"+p.form("/logout", "<button>Sign out</button>"))
}

func (p *Portal) showBag(w http.ResponseWriter, r *http.Request) {
	p.page(w, http.StatusOK, "Bag", paragraph(p.GetString(r.Context(), "user"))+paragraph(InTheBag+" "+p.GetString(r.Context(), "value")))
}

func (p *Portal) keep(w http.ResponseWriter, r *http.Request) {
	p.Put(r.Context(), "value", r.FormValue("value"))
	p.showBag(w, r)
}

func (p *Portal) reauth(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") != p.passwordOf(p.GetString(r.Context(), "user")) {
		http.Error(w, "That is not your password.", http.StatusUnprocessableEntity)
		return
	}
	if err := p.renew(r.Context(), p.has(RenewalMovesLimit)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.Put(r.Context(), "confirmed", time.Now().Unix())
	p.leadTo(w, r, "/account/sessions")
}

func (p *Portal) extend(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.Put(r.Context(), "flash", "You stay signed in.")
	p.leadTo(w, r, "/account")
}

func (p *Portal) listMine(w http.ResponseWriter, r *http.Request) {
	n, err := p.eachOfMine(r, false)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.page(w, http.StatusOK, "Sessions", fmt.Sprintf("<p>%d other sessions</p>", n))
}

func (p *Portal) endOthers(w http.ResponseWriter, r *http.Request) {
	if _, err := p.eachOfMine(r, !p.has(OthersStay)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.leadTo(w, r, "/account/sessions")
}

// eachOfMine goes through all sessions for the others of one person, which is what scs offers, and ends them if asked.
func (p *Portal) eachOfMine(r *http.Request, end bool) (n int, err error) {
	user, token := p.GetString(r.Context(), "user"), p.Token(r.Context())
	err = p.Iterate(context.WithoutCancel(r.Context()), func(ctx context.Context) error {
		if p.GetString(ctx, "user") != user || p.Token(ctx) == token {
			return nil
		}
		n++
		if end {
			return p.Destroy(ctx)
		}
		return nil
	})
	return n, err
}

func (p *Portal) changePassword(w http.ResponseWriter, r *http.Request) {
	user := p.GetString(r.Context(), "user")
	if r.FormValue("current_password") != p.passwordOf(user) || r.FormValue("password") == "" {
		http.Error(w, "That is not your password.", http.StatusUnprocessableEntity)
		return
	}
	if _, err := p.eachOfMine(r, !p.has(PasswordLeavesOthers)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.mu.Lock()
	p.passwords[user] = r.FormValue("password")
	p.mu.Unlock()
	p.leadTo(w, r, "/account")
}

func (p *Portal) checkout(w http.ResponseWriter, r *http.Request) {
	order := rand.Text()
	p.Put(r.Context(), "order", order)
	p.page(w, http.StatusOK, "Checkout", fmt.Sprintf(`<form method="post"><input type="hidden" name="order" value=%q><button>Pay</button></form>`, order))
}

// pay takes the order out of the session, so that it cannot be paid again, and writes down that it was paid.
func (p *Portal) pay(w http.ResponseWriter, r *http.Request) {
	order := r.FormValue("order")
	if order == "" || p.PopString(r.Context(), "order") != order || !p.has(OrderPaidTwice) && !p.spend(order) {
		http.Error(w, "That was paid already.", http.StatusConflict)
		return
	}
	time.Sleep(p.options.Bank)
	p.Charges.Add(1)
	p.mu.Lock()
	p.paid[order]++
	p.mu.Unlock()
	p.leadTo(w, r, "/billing/receipts/"+order)
}

func (p *Portal) spend(order string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spent[order] {
		return false
	}
	p.spent[order] = true
	return true
}
