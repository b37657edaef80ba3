package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
)

// A tokenLink is a link in an email whose token is moved into a cookie of its own, where neither the history of the browser
// nor another site's log sees it (ASVS v5.0.0-14.2.1).
type tokenLink struct {
	purpose string
	cookie  string
	page    string // where the form is
}

var (
	signUpLink = tokenLink{account.PurposeSignUp, brand.SignUpCookie, "/email/confirm"}
	undoLink   = tokenLink{account.PurposeEmailUndo, brand.UndoCookie, "/email/undo"}
	resetLink  = tokenLink{account.PurposeReset, brand.ResetCookie, "/password/reset"}
	emailLink  = tokenLink{account.PurposeEmail, brand.EmailCookie, "/account/email/confirm"}

	tokenLinks = []tokenLink{signUpLink, undoLink, resetLink, emailLink}
)

// hideToken keeps an address with a token from being sent as a referrer. A form on such a page would be refused: without a
// referrer the browser hides the origin too, and over plain http it says nothing else. So the page of a link that works is at
// another address.
func hideToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "token") != "" {
			w.Header().Set("Referrer-Policy", "no-referrer")
		}
		next.ServeHTTP(w, r)
	})
}

// takeToken moves the token out of the address. Nothing is used up: mail scanners follow links, and the page behind this one
// has a button. A token that is good for nothing is not kept. check finds that out, and returns the query of that page.
func (a *app) takeToken(w http.ResponseWriter, r *http.Request, link tokenLink, check func(token string) (params string, err error)) error {
	token := chi.URLParam(r, "token")
	params, err := check(token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, link.purpose, token)
	}
	if err != nil {
		return err
	}
	a.Bag.SetOneTime(w, link.cookie, token)
	seeOther(w, r, link.page+params)
	return nil
}

// oneTimeToken is the token that the link was followed with, "" for none. It stays after its use, when it opens nothing, so
// that whoever comes back to the page reads that it is done.
func (a *app) oneTimeToken(r *http.Request, link tokenLink) string {
	return a.Bag.OneTime(r, link.cookie)
}

// sentToken is the token that a form acts on: of its address, or the one that was moved out of it.
func (a *app) sentToken(r *http.Request, link tokenLink) string {
	return cmp.Or(chi.URLParam(r, "token"), a.oneTimeToken(r, link))
}

// linkName is the name of a link in the form that it leads to. It opens nothing.
func linkName(token string) string { return auth.HashToken("form\x00" + token) }

// shownToken is the token that a form acts on, and refuses one that was shown for another link than the one followed last in
// this browser: the other may be a stranger's, for the same address.
func (a *app) shownToken(r *http.Request, link tokenLink) (string, error) {
	f, err := form(r, "link")
	if err != nil {
		return "", err
	}
	token := a.sentToken(r, link)
	if chi.URLParam(r, "token") != "" || token == "" || f["link"] == linkName(token) {
		return token, nil
	}
	return "", statusError{code: http.StatusConflict, heading: "This page was for another link",
		text: "Another link was opened in this browser in the meantime. Nothing was changed. For what you saw before, open the " +
			"link of its email again.",
		next: wayOn{link.page, "Go on with the other link"}}
}

// hasOneTimeToken reports whether a link was followed in this browser.
func (a *app) hasOneTimeToken(r *http.Request) bool {
	return slices.ContainsFunc(tokenLinks, func(link tokenLink) bool { return a.oneTimeToken(r, link) != "" }) || a.Bag.OneTime(r, brand.BackCookie) != ""
}

// anotherAccount refuses a form that was shown for one account and would now do something to another: a link for it was
// followed in this browser in the meantime. page has the form of the account that it is for now.
func anotherAccount(shown, now, email, page string) error {
	return anotherShown(shown, now, "account", email, page)
}

// anotherAddress refuses a form that was shown for one new address and would now confirm another.
func anotherAddress(shown, now, page string) error {
	return anotherShown(shown, now, "address", now, page)
}

func anotherShown(shown, now, what, email, page string) error {
	if shown == "" || shown == now {
		return nil
	}
	return statusError{code: http.StatusConflict, heading: "This page was for another " + what,
		text: "Another link or sign-in was opened in this browser in the meantime, for " + email + ". Nothing was changed. " +
			"For the " + what + " that you saw before, open the link of its email, or sign in, again.",
		next: wayOn{page, "Go on with the other " + what}}
}
