package handlers

import (
	"net/http"
	"strings"
	"testing"
)

// A page that a browser fetches ahead may never be seen: it does not use up what the next page is to say.
func TestPrefetchLeavesTheMessage(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	const message = "There is no authenticator app to remove."
	b := p.signedIn(p.newUser("Fay"))
	b.Reauth(password)
	b.Get("/account")
	for _, header := range []string{"Sec-Purpose: prefetch", "Sec-Purpose: prefetch;prerender", `Sec-Purpose: prefetch;anonymous-client-ip`, "Purpose: prefetch", "X-Moz: prefetch"} {
		b.Post("/account/security/totp/remove").Want(http.StatusSeeOther)
		name, value, _ := strings.Cut(header, ": ")
		ahead := b.Request(http.MethodGet, "/account")
		ahead.Header.Set(name, value)
		b.Do(ahead).Want(http.StatusOK)
		b.Get("/account").Says(message)
		b.Get("/account").SaysNot(message)
	}
}
