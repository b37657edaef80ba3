package sessioncheck

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// usualNexts are names under which sign-ins are told where to go afterwards.
var usualNexts = []string{"next", "redirect", "redirect_to", "redirect_uri", "return", "return_to", "returnTo", "returnUrl", "continue", "url", "goto", "dest"}

// elsewheres are ways to write another site, as browsers read them.
var elsewheres = []string{elsewhere + "/", "//attacker.example/", `/\attacker.example/`, "https:attacker.example/"}

func openRedirect(ctx context.Context, s *scan) (Result, error) {
	if s.login == "" || s.Given != "" {
		return skipped("the sign-in has no page that could be told where to go"), nil
	}
	names, err := s.nexts(ctx)
	if err != nil {
		return Result{}, err
	}
	say := sentences{
		passed: "no sign-in led to another site",
		found:  "a sign-in leads to another site if its address asks for it",
	}
	var lines []string
	for _, address := range elsewheres {
		r, err := s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) { return s.leads(ctx, names, address) })
		if err != nil || r.Verdict != Passed {
			return r, err
		}
		lines = append(lines, strings.TrimPrefix(r.Evidence[0], "1. "))
	}
	return passed(say.passed, lines...), nil
}

// nexts are the names that this application uses, in its redirect to the sign-in and in the form, and the usual ones.
func (s *scan) nexts(ctx context.Context) ([]string, error) {
	names := slices.Clone(usualNexts)
	a, err := s.fresh().get(ctx, s.private)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(a.url); err == nil {
		for name := range u.Query() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// leads signs in at a page that was asked for with an address to go to, and looks where each answer leads.
func (s *scan) leads(ctx context.Context, names []string, address string) (outcome, string, error) {
	b := s.fresh()
	u, err := url.Parse(s.login)
	if err != nil {
		return dim, "", err
	}
	query := u.Query()
	for _, name := range names {
		query.Set(name, address)
	}
	u.RawQuery = query.Encode()
	a, err := b.get(ctx, u.String())
	if err != nil {
		return dim, "", err
	}
	f, ok := s.loginOn(a)
	if !ok {
		return right, fmt.Sprintf("%q: there is no form then (%s)", address, s.said(a)), nil
	}
	to, ok := s.target(f.pageForm, f.page)
	if !ok {
		return dim, "the form goes elsewhere", nil
	}
	values := f.filled(s.User, s.Password)
	for _, field := range f.fields {
		if slices.Contains(names, field.name) && field.name != f.user {
			values.Set(field.name, address)
		}
	}
	s.live[b] = true
	defer s.end(ctx, b)
	if _, err := b.do(ctx, form(f.method, to, values)); err != nil {
		return dim, "", err
	}
	b.record(jar{})
	for _, a := range b.chain {
		if away(a.header.Get("Location")) {
			return wrong, fmt.Sprintf("%q: the sign-in answered %d to the other site", address, a.status), nil
		}
	}
	return right, fmt.Sprintf("%q: the sign-in answered %s", address, s.said(b.chain[0])), nil
}

// away reports whether a browser that follows a Location leaves for the other site. Browsers read \ as /, skip control
// characters, and take "https:host" for "https://host" when they come from http.
func away(location string) bool {
	location = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case r < ' ':
			return -1
		}
		return r
	}, strings.TrimSpace(location))
	for _, start := range []string{"https:", "http:"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(location), start); ok {
			location = "//" + strings.TrimLeft(rest, "/")
		}
	}
	u, err := url.Parse(location)
	return err == nil && strings.HasSuffix(u.Hostname(), "attacker.example")
}
