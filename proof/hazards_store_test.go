package proof

import (
	"net/http"
	"strings"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// Hazards of what is in the store, and of its loss.

// The store dies while a request is under way: the answer must not be an error with the page behind it.
func pageBehindAnError(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	slow := writing(c, probe.Bag, "value", "hers")
	s.redis.kill()
	a := slow.land()
	if a.StatusCode < http.StatusInternalServerError {
		s.t.Errorf("the store is dead and the answer %d", a.StatusCode)
	}
	return count(strings.Contains(a.Body, inTheBag)), 1
}

// Somebody ends the sessions on three other devices and the portal says that it was done.
func endingEndsNothing(s *site) (wrong, of int) {
	email := s.account(adelheid)
	others := []*webtest.Client{s.signedIn(email), s.signedIn(email), s.signedIn(email)}
	s.signedIn(email).Post("/account/sessions/end-others", "password", webtest.Password).Leads("/account/sessions")
	for _, other := range others {
		wrong += count(opens(other))
	}
	return wrong, len(others)
}

// What is counted are commands for one list, over those that it took before others signed in, and lists of Gatehouse that
// the index by account would not serve.
func listCostsOthers(s *site) (wrong, of int) {
	c, other := s.signedIn(s.account(adelheid)), s.account(gertrude)
	list := func() int {
		before, _ := s.redis.commands(s.t)
		c.Get("/account/sessions").Want(http.StatusOK)
		after, _ := s.redis.commands(s.t)
		return after - before
	}
	list()
	alone := list()
	const sessions = 15
	for range sessions {
		put(s.signedIn(other), "theirs")
	}
	return list() - alone + s.others(), sessions
}

// Whoever reads the store must not hold what opens a session.
func tokensLieInTheStore(s *site) (wrong, of int) {
	email := s.account(adelheid)
	for range 3 {
		c := s.signedIn(email)
		put(c, "hers")
		all := s.stored()
		if !strings.Contains(all, email) || len(s.redis.records(s.t)) == 0 {
			s.t.Error("the store that was looked through has not even what is known to be in it")
		}
		wrong += count(strings.Contains(all, c.Token()))
		of++
	}
	return wrong, of
}

// A type in the session has another name in the build that reads it. Nobody is to be locked out by that, not even out of
// signing out.
func anotherBuildLocksOut(s *site) (wrong, of int) {
	c := s.signedIn(s.account(adelheid))
	put(c, "hers")
	for _, key := range s.redis.records(s.t) {
		s.redis.do(s.t, "SET", key, s.unreadable(s.redis.value(s.t, key)), "KEEPTTL")
	}
	for _, path := range []string{"/account", probe.Bag} {
		wrong += count(c.Get(path).StatusCode != http.StatusOK)
	}
	wrong += count(c.Post("/logout").StatusCode != http.StatusSeeOther)
	return wrong, 3
}

// Whoever writes to the store puts the record of one person in the place of another's.
func copiedRecordIsAnother(s *site) (wrong, of int) {
	theirs := s.signedIn(s.account(gertrude))
	put(theirs, "theirs")
	record := s.redis.value(s.t, s.redis.records(s.t)[0])
	hers := s.signedIn(s.account(adelheid))
	put(hers, "hers")
	for _, key := range s.redis.records(s.t) {
		s.redis.do(s.t, "SET", key, record, "KEEPTTL")
	}
	return count(strings.Contains(hers.Get("/account").Body, gertrude), inBag(hers) == "theirs"), 2
}

// Visitors without a cookie look at the way in.
func visitorsFillTheStore(s *site) (wrong, of int) {
	for range 20 {
		before := len(s.redis.records(s.t))
		s.browser().Get("/login").Want(http.StatusOK)
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
		put(c, "hers")
		for _, key := range s.redis.records(s.t) {
			s.redis.do(s.t, "PEXPIREAT", key, 1)
		}
		wrong += count(!opens(c))
		of++
	}
	return wrong, of
}
