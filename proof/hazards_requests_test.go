package proof

import (
	"net/http"
	"regexp"
	"strings"
)

// Hazards of requests that overtake each other, and of cookies.

// The limit is to hold however often somebody proves who they are.
func renewingMovesTheLimit(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	for of = range 3 {
		before := s.expires(c)
		c.reauth().want(http.StatusSeeOther)
		wrong += count(!s.expires(c).Equal(before))
	}
	return wrong, of + 1
}

// Half of what is counted are writes, half are cookies.
func everyPageWrites(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	c.get("/account").want(http.StatusOK)
	for range 10 {
		_, before := s.redis.commands(s.t)
		written := s.written()
		page := c.get("/account").want(http.StatusOK)
		_, after := s.redis.commands(s.t)
		wrong += count(after > before || s.written() != written, page.header.Get("Set-Cookie") != "")
		of += 2
	}
	return wrong, of
}

// A request under way when its session is signed out, renewed or ended from another device must not undo that.
func slowRequestBringsBack(s *site) (wrong, of int) {
	email := s.account(adelheid)
	for _, deed := range []func(c *client) *answer{
		func(c *client) *answer { return c.post("/logout").location("/signed-out") },
		func(c *client) *answer { return c.reauth() },
		func(*client) *answer {
			return s.signedIn(email).post("/account/sessions/end-others", "password", password).location("/account/sessions")
		},
	} {
		c := s.signedIn(email)
		token := c.token()
		slow := c.writing("/session/extend")
		deed(c).want(http.StatusSeeOther)
		slow.land().want(http.StatusSeeOther)
		wrong += count(c.copied(token).get("/account").status == http.StatusOK)
		of++
	}
	return wrong, of
}

// A browser takes cookies in the order in which answers arrive.
func lateAnswerOverwrites(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	for range 3 {
		late := c.reading("/account")
		c.reauth().want(http.StatusSeeOther)
		renewed := c.token()
		c.keep(late.land().want(http.StatusOK))
		wrong += count(c.token() != renewed)
		of++
		c.cookies[c.id] = renewed
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
		basket, other := c.writing("/basket", "plan", "hall"), c.writing("/session/extend")
		kept := basket.land().status
		other.land().want(http.StatusSeeOther)
		if kept == http.StatusServiceUnavailable {
			continue
		}
		wrong += count(!c.hasPlan())
		of++
	}
	return wrong, of
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// A one-time value is taken by two requests at once, here the order that is paid.
func orderIsPaidTwice(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	c.reauth().want(http.StatusSeeOther)
	c.post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada Lovelace", "address", "1 Lock Lane")
	for n := 0; n < tries && of < 3; n++ {
		c.choose("hall")
		fields := []string{"password", password}
		for _, field := range hiddenField.FindAllStringSubmatch(c.get("/billing/checkout").body, -1) {
			fields = append(fields, field[1], field[2])
		}
		before := s.charges()
		one, two := c.writing("/billing/checkout", fields...), c.writing("/billing/checkout", fields...)
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
	r := s.browser().request(s.t.Context(), http.MethodGet, "/account")
	r.Header.Set("Cookie", theirs.id+"="+theirs.token()+"; "+hers.id+"="+hers.token())
	a, err := hers.send(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return count(strings.Contains(a.body, gertrude)), 1
}
