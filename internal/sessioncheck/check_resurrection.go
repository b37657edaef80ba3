package sessioncheck

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
)

// extendWords name the session, because subscriptions and loans are renewed as well.
var extendWords = regexp.MustCompile(`(?i)(extend|renew|keep[ _-]?alive|heartbeat).*` + ofSession + `|` + ofSession + `.*(extend|renew|keep[ _-]?alive|heartbeat)|stay[ _-]?(signed|logged)[ _-]?in`)

const ofSession = `(session|(signed|logged)[ _-]?(in|on))`

// slowRequest is a request with a body that changes nothing but the session of whoever sends it: one that extends it,
// or else the sign-in form left empty.
func (b *browser) slowRequest(ctx context.Context) (request, string, error) {
	if act := b.Profile.Extend; act.known() {
		method, path := act.parts()
		values := url.Values{"sessioncheck": {"slow"}}
		for name, value := range act.Fields {
			values.Set(name, value)
		}
		return form(method, b.at(path), values), act.Request, nil
	}
	a, err := b.get(ctx, b.private)
	if err != nil {
		return request{}, "", err
	}
	for _, f := range a.page.forms {
		to, ok := b.target(f, a.url)
		if ok && f.method == http.MethodPost && extendWords.MatchString(b.wordsOf(f, a.url)) && !b.reachesFar(to, f.label) {
			values := f.values()
			values.Set("sessioncheck", "slow")
			return form(f.method, to, values), "POST " + b.path(to), nil
		}
	}
	if b.login == "" {
		return request{}, "", nil
	}
	a, err = b.fresh().get(ctx, b.login)
	if err != nil {
		return request{}, "", err
	}
	f, ok := b.loginOn(a)
	to, stays := b.target(f.pageForm, f.page)
	if !ok || !stays || f.method != http.MethodPost {
		return request{}, "", nil
	}
	return form(f.method, to, f.filled("", "")), "the empty form of POST " + b.path(to), nil
}

func resurrection(ctx context.Context, s *scan) (Result, error) {
	if s.out == nil {
		return unclear(errNoSignOut.Error()), nil
	}
	if s.known[signOutFails] {
		return skipped("a sign-out does not end the session in the first place: see signout-server"), nil
	}
	say := sentences{
		passed:  "a request that was under way at the sign-out brought nothing back",
		found:   "a request that was under way at the sign-out brings the session back",
		unclear: "no request with a body was found that the server waits for: name one that extends the session in the profile, under extend",
	}
	return s.always(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		slow, name, err := b.slowRequest(ctx)
		if err != nil || len(slow.body) == 0 {
			s.end(ctx, b)
			return dim, "there is no such request", err
		}
		return s.signOutDuring(ctx, b, slow, name)
	})
}

// signOutDuring signs out while a request is under way, and looks what opens after it has landed.
func (s *scan) signOutDuring(ctx context.Context, b *browser, slow request, name string) (outcome, string, error) {
	f, err := b.takeOff(ctx, slow)
	if err != nil {
		return dim, "", err
	}
	before := s.copied(b.jar)
	early := f.early()
	_, err = b.signOut(ctx)
	late, landErr := f.land()
	if err != nil || landErr != nil {
		return dim, fmt.Sprint("the request or the sign-out failed: ", err, landErr), nil
	}
	if early {
		s.end(ctx, b)
		return dim, fmt.Sprintf("%s answered %s before its last byte was sent", name, s.said(late)), nil
	}
	delete(s.live, b)
	after := s.copied(before.jar)
	after.jar.take(late.cookies, late.received)
	line := fmt.Sprintf("%s was under way at the sign-out and answered %s", name, s.said(late))
	for _, way := range []struct {
		b    *browser
		what string
	}{{before, "the token"}, {after, "a cookie of the late answer"}} {
		seen, what, err := s.thief(ctx, way.b.jar)
		if err != nil || seen != right {
			s.live[way.b] = true
			return seen, fmt.Sprintf("%s; with %s, %s", line, way.what, what), err
		}
	}
	return right, line + "; nothing of it opens the private page", nil
}
