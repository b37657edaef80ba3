package proof

import (
	"net/http"
	"strings"
)

// Hazards of what is in the store, and of its loss.

// The store dies while a request is under way: the answer must not be an error with the page behind it.
func pageBehindAnError(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	slow := c.writing("/basket", "plan", "hall")
	s.redis.kill()
	a := slow.land()
	if a.status < http.StatusInternalServerError {
		s.t.Errorf("the store is dead and the answer %d", a.status)
	}
	return count(strings.Contains(a.body, "is in your basket")), 1
}

// Somebody ends the sessions on three other devices and is told that it was done.
func endingEndsNothing(s *site) (wrong, of int) {
	email := s.account(adelheid)
	others := []*client{s.signedIn(email), s.signedIn(email), s.signedIn(email)}
	s.signedIn(email).post("/account/sessions/end-others", "password", password).location("/account/sessions")
	for _, other := range others {
		wrong += count(other.alive())
	}
	return wrong, len(others)
}

// What is counted are commands for one list, over those that it took before others signed in, and lists of Gatehouse that
// the index by account would not serve.
func listCostsOthers(s *site) (wrong, of int) {
	c, other := s.signedIn(s.account(adelheid)), s.account(gertrude)
	list := func() int {
		before, _ := s.redis.commands(s.t)
		c.get("/account/sessions").want(http.StatusOK)
		after, _ := s.redis.commands(s.t)
		return after - before
	}
	list()
	alone := list()
	const sessions = 15
	for range sessions {
		s.signedIn(other).choose("hall")
	}
	return list() - alone + s.others(), sessions
}

// Whoever reads the store must not hold what opens a session.
func tokensLieInTheStore(s *site) (wrong, of int) {
	email := s.account(adelheid)
	for range 3 {
		c := s.signedIn(email)
		c.choose("hall")
		all := s.stored()
		if !strings.Contains(all, email) || len(s.redis.records(s.t)) == 0 {
			s.t.Error("the store that was looked through has not even what is known to be in it")
		}
		wrong += count(strings.Contains(all, c.token()))
		of++
	}
	return wrong, of
}

// A type in the session has another name in the build that reads it. Nobody is to be locked out by that, not even out of
// signing out.
func anotherBuildLocksOut(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	c.choose("hall")
	for _, key := range s.redis.records(s.t) {
		s.redis.do(s.t, "SET", key, s.foreign(s.redis.value(s.t, key)), "KEEPTTL")
	}
	for _, path := range []string{"/account", "/plans"} {
		wrong += count(c.get(path).status != http.StatusOK)
	}
	wrong += count(c.post("/logout").status != http.StatusSeeOther)
	return wrong, 3
}

// Whoever writes to the store puts the record of one person in the place of another's.
func copiedRecordIsAnother(s *site) (wrong, of int) {
	theirs := s.signedIn(s.account(gertrude))
	theirs.choose("keep")
	record := s.redis.value(s.t, s.redis.records(s.t)[0])
	hers := s.signedIn(s.account(adelheid))
	hers.choose("hall")
	for _, key := range s.redis.records(s.t) {
		s.redis.do(s.t, "SET", key, record, "KEEPTTL")
	}
	return count(strings.Contains(hers.get("/account").body, gertrude), hers.hasPlan()), 2
}

// Visitors without a cookie look at the way in.
func visitorsFillTheStore(s *site) (wrong, of int) {
	for range 20 {
		before := len(s.redis.records(s.t))
		s.browser().get("/login").want(http.StatusOK)
		wrong += count(len(s.redis.records(s.t)) > before)
		of++
	}
	return wrong, of
}

// The store drops a record at once because the clock of whoever wrote it is behind, or later to make room. Nobody is to be
// signed out by that.
func forgottenIsSignedOut(s *site) (wrong, of int) {
	email := s.account(adelheid)
	for range 3 {
		c := s.signedIn(email)
		c.choose("hall")
		for _, key := range s.redis.records(s.t) {
			s.redis.do(s.t, "PEXPIREAT", key, 1)
		}
		wrong += count(!c.alive())
		of++
	}
	return wrong, of
}
