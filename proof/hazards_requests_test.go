package proof

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// Hazards of requests that overtake each other, and of cookies.

// The limit is to hold however often somebody proves who they are.
func renewingMovesTheLimit(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	for of = range 3 {
		before := s.expires(c)
		c.Reauth(webtest.Password).Want(http.StatusSeeOther)
		wrong += count(!s.expires(c).Equal(before))
	}
	return wrong, of + 1
}

// Half of what is counted are writes, half are cookies.
func everyPageWrites(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	c.Get("/account").Want(http.StatusOK)
	for range 10 {
		_, before := s.redis.commands(s.t)
		written := s.written()
		page := c.Get("/account").Want(http.StatusOK)
		_, after := s.redis.commands(s.t)
		wrong += count(after > before || s.written() != written, page.Header.Get("Set-Cookie") != "")
		of += 2
	}
	return wrong, of
}

// A request under way when its session is signed out, renewed or ended from another device must not undo that.
func slowRequestBringsBack(s *site) (wrong, of int) {
	email := s.account(adelheid)
	for _, action := range []func(c *webtest.Client) *webtest.Answer{
		func(c *webtest.Client) *webtest.Answer { return c.Post("/logout").Leads("/signed-out") },
		func(c *webtest.Client) *webtest.Answer { return c.Reauth(webtest.Password) },
		func(*webtest.Client) *webtest.Answer {
			return s.signedIn(email).Post("/account/sessions/end-others", "password", webtest.Password).Leads("/account/sessions")
		},
	} {
		c := s.signedIn(email)
		token := c.Token()
		slow := writing(c, "/session/extend")
		action(c).Want(http.StatusSeeOther)
		slow.land().Want(http.StatusSeeOther)
		wrong += count(c.Copied(token).Get("/account").StatusCode == http.StatusOK)
		of++
	}
	return wrong, of
}

// A browser takes cookies in the order in which answers arrive.
func lateAnswerOverwrites(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	for range 3 {
		late := reading(c, "/account")
		c.Reauth(webtest.Password).Want(http.StatusSeeOther)
		renewed := c.Token()
		c.Keep(late.land().Want(http.StatusOK))
		wrong += count(c.Token() != renewed)
		of++
		c.Cookies[c.Session] = renewed
	}
	return wrong, of
}

// An answer with a new token is lost, because the browser dropped it for a second press or a train entered a tunnel. The same
// press again must not sign anybody out.
func lostAnswerSignsOut(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	for range 3 {
		fields := []string{"password", webtest.Password, "act", rand.Text()}
		c.Twin().Post("/reauth", fields...).Want(http.StatusSeeOther)
		c.Post("/reauth", fields...)
		of++
		if !opens(c) {
			wrong++
			c = s.signedIn(s.account(adelheid))
		}
	}
	return wrong, of
}

// tries is how often a step is taken three times: on a slow machine the portal may say that the store is out of reach,
// which is no answer to what is asked here.
const tries = 30

// Two tabs put different things into the session.
func twoTabsLoseAChange(s *site) (wrong, of int) {
	for n := 0; n < tries && of < 3; n++ {
		c := s.signedIn(s.account(adelheid))
		bag, other := writing(c, probe.Bag, "value", "one tab"), writing(c, "/session/extend")
		kept := bag.land().StatusCode
		other.land().Want(http.StatusSeeOther)
		if kept == http.StatusServiceUnavailable {
			continue
		}
		wrong += count(inBag(c) != "one tab")
		of++
	}
	return wrong, of
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// A one-time value is taken by two requests at once, here the order that is paid.
func orderIsPaidTwice(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	c.Reauth(webtest.Password).Want(http.StatusSeeOther)
	c.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada Lovelace", "address", "1 Lock Lane")
	for n := 0; n < tries && of < 3; n++ {
		choose(c)
		fields := []string{"password", webtest.Password}
		for _, field := range hiddenField.FindAllStringSubmatch(c.Get("/billing/checkout").Body, -1) {
			fields = append(fields, field[1], field[2])
		}
		before := s.charges()
		one, two := writing(c, "/billing/checkout", fields...), writing(c, "/billing/checkout", fields...)
		one.land()
		two.land()
		paid := s.charges() - before
		wrong += count(paid > 1)
		of += min(paid, 1)
	}
	return wrong, of
}

// Another site under the same domain has set a cookie of the same name, with a token of its own account.
func firstCookieWins(s *site) (wrong, of int) {
	theirs, hers := s.signedIn(s.account(gertrude)), s.signedIn(s.account(adelheid))
	r := s.browser().Request(http.MethodGet, "/account")
	r.Header.Set("Cookie", theirs.Session+"="+theirs.Token()+"; "+hers.Session+"="+hers.Token())
	a, err := hers.Send(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return count(strings.Contains(a.Body, gertrude)), 1
}
