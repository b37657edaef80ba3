package sessioncheck

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var requestChecks = []Check{
	{
		ID: "one-use", Title: "A value that works once works once", Severity: High,
		Reason: "what is to happen once happens several times", CWE: 367, ASVS: "2.3.4", WSTG: "WSTG-BUSL-05",
		Sends: "the act of the profile, 16 times at once with one value", Means: "one of them is answered as a success is",
		run: oneUse,
	},
	{
		ID: "id-in-url", Title: "The token is in no address and no page", Severity: Medium,
		Reason: "addresses are logged, shared and sent to other sites", CWE: 598, ASVS: "14.2.1", WSTG: "WSTG-SESS-04", last: 2,
		Sends: "the private page with the token in the query in place of the cookie",
		Means: "it does not open; and none of the addresses and pages that the scan saw holds a token",
		run:   idInURL,
	},
	{
		ID: "csrf", Title: "Forms of other sites change nothing", Severity: Medium,
		Reason: "another site acts in the name of its reader", CWE: 352, ASVS: "3.5.1", WSTG: "WSTG-SESS-05", Matters: true,
		Sends: "the sign-out as another site's form sends it: its origin, none of the hidden values", Means: "the session goes on",
		run: csrf,
	},
	{
		ID: "login-csrf", Title: "Another site cannot sign people in to its own account", Severity: Low,
		Reason: "people fill in what the attacker reads later", CWE: 352, ASVS: "3.5.1", WSTG: "WSTG-SESS-05",
		Sends: "the sign-in form from another site, without hidden values and without a cookie", Means: "nobody is signed in",
		run: loginCSRF,
	},
	{
		ID: "open-redirect", Title: "Signing in leads to no other site", Severity: Medium,
		Reason: "a link to this site ends on a copy of it", CWE: 601, ASVS: "3.7.2", WSTG: "WSTG-CLNT-04",
		Sends: "sign-ins with other sites as the page to go to, written in four ways", Means: "no answer leads to one of them",
		run: openRedirect,
	},
}

const crowd = 16

func oneUse(ctx context.Context, s *scan) (Result, error) {
	act := s.Profile.OneUse
	if !act.known() {
		return skipped("nothing that works once is known: the profile says it under one-use"), nil
	}
	if !s.allows("one-use") {
		return skipped("it does once what the profile says: allow it with --allow one-use"), nil
	}
	say := sentences{
		passed:  "one of 16 at once was answered as a success is",
		found:   "of 16 requests with one value at once, more than one was answered as a success is",
		unclear: "the answer to a repeated value is that of a success, or there is no such form",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		defer s.end(ctx, b)
		once, err := b.prepare(ctx, act)
		if err != nil {
			return dim, "", err
		}
		first, err := s.send(ctx, once, b.jar)
		if err != nil {
			return dim, "", err
		}
		b.jar.take(first.cookies, first.received)
		again, err := s.send(ctx, once, b.jar)
		if err != nil {
			return dim, "", err
		}
		if first.status >= 400 || again.status == first.status && s.said(again) == s.said(first) {
			return dim, fmt.Sprintf("first %s, repeated %s", s.said(first), s.said(again)), nil
		}
		return b.crowd(ctx, act, first.status)
	})
}

// prepare is an act's request with the values that its form has now.
func (b *browser) prepare(ctx context.Context, act Act) (request, error) {
	method, path := act.parts()
	values := url.Values{}
	if act.Form != "" {
		a, err := b.get(ctx, b.at(act.Form))
		if err != nil {
			return request{}, err
		}
		for _, f := range a.page.forms {
			if to, ok := b.target(f, a.url); ok && b.path(to) == path {
				values = f.values()
			}
		}
	}
	fill := strings.NewReplacer("{user}", b.User, "{password}", b.Password).Replace
	for name, value := range act.Fields {
		values.Set(name, fill(value))
	}
	return form(method, b.at(path), values), nil
}

// crowd sends one value many times, each up to its last byte, and then all of those at once.
func (b *browser) crowd(ctx context.Context, act Act, success int) (outcome, string, error) {
	r, err := b.prepare(ctx, act)
	if err != nil {
		return dim, "", err
	}
	var flights []*flight
	for range crowd {
		f, err := b.takeOff(ctx, r)
		if err != nil {
			return dim, "", err
		}
		flights = append(flights, f)
	}
	for _, f := range flights {
		close(f.release)
	}
	worked := 0
	for _, f := range flights {
		l := <-f.answer
		if l.error == nil && l.status == success {
			worked++
		}
	}
	line := fmt.Sprintf("%d of %d were answered %d", worked, crowd, success)
	switch {
	case worked > 1:
		return wrong, line, nil
	case worked == 1:
		return right, line, nil
	default:
		return dim, line, nil
	}
}

func idInURL(ctx context.Context, s *scan) (Result, error) {
	if seen := s.tokensSeen(ctx); len(seen) > 0 {
		return found("a token was seen where it is kept, logged or read by scripts", seen...), nil
	}
	say := sentences{passed: "no address and no page held a token, and in the query it opens nothing", found: "the token opens the private page from the query, without a cookie"}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		u, err := url.Parse(s.private)
		if err != nil {
			return dim, "", err
		}
		token := strings.TrimPrefix(s.tokenOf(s.main.jar), "Bearer ")
		query := u.Query()
		for _, name := range slices.Concat(s.auth, []string{"sid", "session", "session_id", "sessionid", "token", "access_token", "PHPSESSID", "jsessionid"}) {
			query.Set(name, token)
		}
		u.RawQuery = query.Encode()
		a, err := s.send(ctx, request{method: http.MethodGet, url: u.String()}, nil)
		if err != nil {
			return dim, "", err
		}
		seen, line := s.verdictOf(s.judge(a), a)
		return seen, "with the token in the query " + line, nil
	})
}

// tokensSeen looks for the tokens of sign-ins in all addresses that answers led to, and in the private page.
func (s *scan) tokensSeen(ctx context.Context) (lines []string) {
	private, err := s.main.get(ctx, s.private)
	if err != nil {
		return nil
	}
	tokens := map[string]bool{s.main.jar.only(s.auth).header("/"): false}
	for _, in := range s.signIns {
		for _, c := range in.jar.only(s.auth) {
			if value := strings.TrimPrefix(c.value, "Bearer "); len(value) >= 16 {
				tokens[value] = true
			}
		}
	}
	for _, c := range s.main.jar.only(s.auth) {
		tokens[strings.TrimPrefix(c.value, "Bearer ")] = true
	}
	count := map[string]int{}
	for token := range tokens {
		if len(token) < 16 {
			continue
		}
		for address := range s.addresses {
			if strings.Contains(address, token) || strings.Contains(address, url.QueryEscape(token)) {
				count[fmt.Sprintf("an address of %s holds a token", s.path(address))]++
			}
		}
		if strings.Contains(private.body, token) {
			count[fmt.Sprintf("%s holds the token", s.path(s.private))]++
		}
	}
	for _, line := range slices.Sorted(maps.Keys(count)) {
		lines = append(lines, fmt.Sprintf("%s, %d times", line, count[line]))
	}
	return lines
}

func csrf(ctx context.Context, s *scan) (Result, error) {
	if slices.Contains(s.auth, bearer) {
		return passed("the session travels in a header, which other sites cannot send"), nil
	}
	if s.out == nil || s.out.method == http.MethodGet {
		return skipped("no form is known that changes something and may be sent here: the sign-out is none"), nil
	}
	say := sentences{
		passed: "a form of another site, without the hidden values, changes nothing",
		found:  "the application does what a form of another site asks for",
	}
	r, err := s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		defer s.end(ctx, b)
		forged := s.out.bare()
		forged.from = elsewhere
		led := s.copied(b.jar) // an answer may give it another token
		s.live[led] = true
		defer s.end(ctx, led)
		if _, err := led.do(ctx, forged); err != nil {
			return dim, "", err
		}
		a := led.chain[0]
		return led.stillIn(ctx, fmt.Sprintf("%s %s from %s answered %s", s.out.method, s.path(s.out.url), elsewhere, s.said(a)))
	})
	if r.Verdict == Finding && s.sameSite() {
		r.Severity = Low
		r.Why += "; browsers keep the cookie back from other sites because of SameSite, but not from sibling hosts"
	}
	return r, err
}

// sameSite reports whether browsers keep the session's cookie back from forms of other sites.
func (s *scan) sameSite() bool {
	for _, in := range s.signIns {
		for _, c := range in.cookies {
			if slices.Contains(s.auth, c.Name) && c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode {
				return false
			}
		}
	}
	return true
}

func loginCSRF(ctx context.Context, s *scan) (Result, error) {
	if s.login == "" {
		return skipped("the sign-in has no form that another site could send"), nil
	}
	say := sentences{
		passed: "a sign-in form sent from another site signs nobody in",
		found:  "a sign-in form sent from another site signs its reader in",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		page, err := s.fresh().get(ctx, s.login)
		if err != nil {
			return dim, "", err
		}
		f, ok := s.loginOn(page)
		if !ok {
			return dim, "the form is gone", nil
		}
		to, _ := s.target(f.pageForm, f.page)
		b := s.fresh()
		s.live[b] = true
		forged := form(f.method, to, url.Values{f.user: {s.User}, f.password: {s.Password}})
		forged.from = elsewhere
		if _, err := b.do(ctx, forged); err != nil {
			return dim, "", err
		}
		sent := s.said(b.chain[0])
		state, _, err := b.opens(ctx)
		if err != nil {
			return dim, "", err
		}
		if state == open {
			s.end(ctx, b)
			return wrong, fmt.Sprintf("the form from %s answered %s, and somebody is signed in", elsewhere, sent), nil
		}
		delete(s.live, b)
		return right, fmt.Sprintf("the form from %s answered %s, and nobody is signed in", elsewhere, sent), nil
	})
}
