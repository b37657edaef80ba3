package sessioncheck

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// A signOut is how people sign out: a form or a link of a page, or a request that was given.
type signOut struct {
	method, url string
	page        string // where its form stands, "" for none
}

// manyWords are of acts that reach further than one session, or that cannot be undone.
var manyWords = regexp.MustCompile(`(?i)\b_?(all|others?|end|close)(\b|_)|out_?all\b|every|delete|remove|deactivate|revoke|cancel`)

func (s *scan) reachesFar(to, label string) bool {
	return manyWords.MatchString(strings.TrimPrefix(to, s.origin()) + " " + label)
}

var errNoSignOut = errors.New("no way to sign out was found: name it with --logout \"POST /path\"")

// findSignOut looks for a form, then for a link, on the private page and on the first one.
func (s *scan) findSignOut(ctx context.Context) (*signOut, error) {
	if act := s.Profile.Logout; act.known() {
		method, path := act.parts()
		out := &signOut{method: method, url: s.at(path)}
		if method != http.MethodGet {
			out.page = s.private
			if act.Form != "" {
				out.page = s.at(act.Form)
			}
		}
		return out, nil
	}
	for _, address := range []string{s.private, s.base.String()} {
		a, err := s.main.get(ctx, address)
		if err != nil {
			return nil, err
		}
		for _, f := range a.page.forms {
			if to, ok := s.target(f, a.url); ok && !s.reachesFar(to, f.label) && (signOutWords.MatchString(f.action) || signOutWords.MatchString(f.label) && len(f.fields) < 4) {
				return &signOut{f.method, to, a.url}, nil
			}
		}
		for _, l := range a.page.links {
			if to, ok := s.resolve(a.url, l.to); ok && signOutWords.MatchString(l.to+" "+l.text) && !s.reachesFar(to, l.text) {
				return &signOut{method: http.MethodGet, url: to}, nil
			}
		}
	}
	return nil, errNoSignOut
}

// signOut signs a browser out as its person would, with the values of the form as they are now.
func (b *browser) signOut(ctx context.Context) (*answer, error) {
	if b.out == nil {
		return nil, errNoSignOut
	}
	r, err := b.signOutRequest(ctx)
	if err != nil {
		return nil, err
	}
	return b.do(ctx, r)
}

func (b *browser) signOutRequest(ctx context.Context) (request, error) {
	if b.out.page == "" {
		return request{method: b.out.method, url: b.out.url}, nil
	}
	a, err := b.get(ctx, b.out.page)
	if err != nil {
		return request{}, err
	}
	for _, f := range a.page.forms {
		if to, ok := b.target(f, a.url); ok && to == b.out.url && f.method == b.out.method {
			return form(f.method, to, f.values()), nil
		}
	}
	return form(b.out.method, b.out.url, nil), nil
}

// end signs a browser out that a check needs no more, so that at the end there is no session that was not there before.
func (s *scan) end(ctx context.Context, b *browser) {
	if s.Given != "" || b == s.main {
		return
	}
	if _, err := b.signOut(ctx); err != nil {
		return // it stays among the live ones, and is tried again at the end
	}
	if state, _, err := b.opens(ctx); err == nil && state == closed {
		delete(s.live, b)
	}
}

// endAll signs out what is left, also after the scan was stopped, and says what could not be ended.
func (s *scan) endAll(ctx context.Context) {
	if s.Given != "" {
		return
	}
	left := 0
	for b := range s.live {
		if s.private == "" || len(b.jar) == 0 { // nobody was signed in by it, as far as is known
			continue
		}
		if _, err := b.signOut(ctx); err != nil {
			left++
			continue
		}
		if state, _, err := b.opens(ctx); err != nil || state == open {
			left++
		}
	}
	if left > 0 {
		s.note(fmt.Sprintf("%d sessions of this scan could not be signed out: end them in the application.", left))
	}
}

// bare is the request to sign out as another site can send it: without the values that only the application's own page has.
func (o *signOut) bare() request { return form(o.method, o.url, nil) }

func (s *scan) note(text string) {
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// noteAddress remembers an address that an answer led to, for the search of tokens in them.
func (s *scan) noteAddress(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.addresses) < 2000 && strings.ContainsAny(address, "?;/") {
		s.addresses[address] = true
	}
}
