package sessioncheck

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var privateWords = regexp.MustCompile(`(?i)account|profile|settings|dashboard|session|security|me\b`)

var usualPrivate = []string{"/account", "/profile", "/dashboard", "/me", "/settings", "/"}

// mostPages is how many pages are tried as the private one.
const mostPages = 12

// findPrivate finds a page with a text that is there in two sessions, again and again, and is there neither without a
// cookie nor with invented ones. A page that nobody else gets is better than one that greets some.
func (s *scan) findPrivate(ctx context.Context, first, second *browser, landed *answer) error {
	var fallback, fallbackMark string
	for _, address := range s.privatePages(landed) {
		mark, public, err := s.markOf(ctx, first, second, address)
		if err != nil {
			return err
		}
		if mark == "" {
			continue
		}
		if !public {
			s.settle(address, mark, "Without a cookie, and with invented ones, it is another page.")
			return nil
		}
		if fallback == "" {
			fallback, fallbackMark = address, mark
		}
	}
	if fallback == "" {
		return errNoLogin
	}
	s.settle(fallback, fallbackMark, "Without a cookie, and with invented ones, the same address answers without that text.")
	return nil
}

func (s *scan) settle(address, mark, how string) {
	s.private, s.mark = address, mark
	s.truth = append(s.truth, fmt.Sprintf("The private page is %s, told by the text %q. %s", s.path(address), mark, how))
}

func (s *scan) privatePages(landed *answer) (pages []string) {
	if s.Profile.Private != "" {
		return []string{s.at(s.Profile.Private)}
	}
	if s.base.Path != "/" {
		pages = append(pages, s.base.String())
	}
	pages = append(pages, landed.url)
	for _, l := range landed.page.links {
		to, ok := s.resolve(landed.url, l.to)
		if ok && privateWords.MatchString(l.to+" "+l.text) && !signOutWords.MatchString(l.to+" "+l.text) && !s.reachesFar(to, l.text) {
			pages = append(pages, to)
		}
	}
	for _, path := range usualPrivate {
		pages = append(pages, s.at(path))
	}
	slices.Sort(pages[1:]) // so that the same site gives the same report
	pages = slices.Compact(pages)
	return pages[:min(len(pages), mostPages)]
}

// markOf returns a text that proves the page private, and whether the page answers everybody.
func (s *scan) markOf(ctx context.Context, first, second *browser, address string) (mark string, public bool, err error) {
	var ours, others []*answer
	for _, b := range []*browser{second, second, first, s.fresh(), s.copied(second.jar.invented()), second} {
		a, err := b.get(ctx, address)
		if err != nil {
			return "", false, err
		}
		switch {
		case len(ours) < 2 || b == second:
			ours = append(ours, a)
		case b != first:
			others = append(others, a)
		case s.path(a.url) == s.path(ours[0].url): // or else the second sign-in has ended the first
			ours = append(ours, a)
		}
	}
	for _, a := range ours {
		if a.status != 200 {
			return "", false, nil
		}
	}
	public = slices.ContainsFunc(others, func(a *answer) bool { return a.status < 300 && s.path(a.url) == s.path(address) })
	return s.bestMark(ours, others), public, nil
}

func (s *scan) bestMark(ours, others []*answer) (best string) {
	most := -1
	for text := range ours[0].page.texts {
		if s.Profile.Mark != "" && text != s.Profile.Mark {
			continue
		}
		every := !slices.ContainsFunc(ours, func(a *answer) bool { return !a.page.texts[text] })
		none := !slices.ContainsFunc(others, func(a *answer) bool { return a.page.texts[text] || strings.Contains(a.body, text) })
		if !every || !none {
			continue
		}
		if score := s.worth(text, ours[0]); score > most || score == most && text < best {
			best, most = text, score
		}
	}
	return best
}

// worth prefers the name of the account, then what stands in a heading or offers to sign out, and times last.
func (s *scan) worth(text string, a *answer) (score int) {
	local, _, _ := strings.Cut(s.User, "@")
	switch {
	case s.User != "" && strings.Contains(text, s.User):
		score += 8
	case len(local) > 2 && strings.Contains(strings.ToLower(text), strings.ToLower(local)):
		score += 6
	}
	if a.page.heads[text] {
		score += 2
	}
	if signOutWords.MatchString(text) {
		score += 3
	}
	if !strings.ContainsFunc(text, unicode.IsDigit) {
		score += 4
	}
	return score
}
