package sessioncheck

import (
	"context"
	"net/url"
	"regexp"
	"strings"
)

var (
	signInWords  = regexp.MustCompile(`(?i)log[ _-]?in|sign[ _-]?in|log[ _-]?on|anmeld|connexion|acceder|session`)
	signUpWords  = regexp.MustCompile(`(?i)sign[ _-]?up|regist|create|new account|join`)
	signOutWords = regexp.MustCompile(`(?i)log[ _-]?out|sign[ _-]?out|log[ _-]?off|abmeld|déconnexion|logoff`)
	alterWords   = regexp.MustCompile(`(?i)delet|remov|chang|deactivat|clos(e|ing)[ _-]?(my[ _-]?)?account|sign[ _-]?up|regist`)
	userWords    = regexp.MustCompile(`(?i)user|mail|login|name|account|ident`)
)

// usualLogins are tried when no page leads to a form.
var usualLogins = []string{"/login", "/signin", "/sign-in", "/users/sign_in", "/accounts/login/", "/auth/login", "/user/login", "/session/new", "/admin/login/"}

// A loginForm is a form with one password in it, and the fields to fill in.
type loginForm struct {
	pageForm
	page           string // where it stands
	user, password string // names of the fields
	named          bool   // it says that it signs in
}

// loginOn returns the form of a page that signs somebody in. Once the form of the scan is known no other is taken for it:
// a page for who is signed in may have one that takes the same two fields to delete the account.
func (s *scan) loginOn(a *answer) (best loginForm, ok bool) {
	most := 0
	for _, f := range a.page.forms {
		if s.signInTo != "" && s.goesTo(f, a.url) != s.signInTo {
			continue
		}
		words := s.wordsOf(f, a.url)
		found := loginForm{pageForm: f, page: a.url}
		passwords, before, score, fresh := 0, "", 10, false
		for _, field := range f.fields {
			switch field.kind {
			case "password":
				passwords++
				found.password = field.name
				if found.user == "" {
					found.user = before
				}
				if strings.Contains(field.hint, "new-password") {
					score -= 5
					fresh = true
				}
			case "", "text", "email", "tel":
				before = field.name
				if strings.Contains(field.hint, "username") || field.kind == "email" || userWords.MatchString(field.name) {
					found.user = field.name
				}
			}
		}
		found.named = signInWords.MatchString(words)
		if found.named {
			score += 3
		}
		if alterWords.MatchString(words) || !found.named && (fresh || signUpWords.MatchString(words)) {
			continue
		}
		if passwords == 1 && found.user != "" && score > most {
			best, most, ok = found, score, true
		}
	}
	return best, ok
}

// findLogin looks for the form where it was said to be, on the first page, behind its links, and in the usual places.
func (s *scan) findLogin(ctx context.Context) (string, error) {
	places := []string{s.base.String()}
	if s.Profile.Login != "" {
		places = []string{s.at(s.Profile.Login)}
	}
	seen := map[string]bool{}
	unnamed, goesTo := "", "" // a form that may be anything is taken only where no other is found
	for n := 0; n < len(places) && n < 20; n++ {
		if seen[places[n]] {
			continue
		}
		seen[places[n]] = true
		a, err := s.fresh().get(ctx, places[n])
		if err != nil {
			return "", err
		}
		if f, ok := s.loginOn(a); ok && f.named {
			s.signInTo = s.goesTo(f.pageForm, a.url)
			return a.url, nil
		} else if ok && unnamed == "" {
			unnamed, goesTo = a.url, s.goesTo(f.pageForm, a.url)
		}
		if n > 0 || s.Profile.Login != "" {
			continue
		}
		for _, link := range a.page.links {
			if to, ok := s.resolve(a.url, link.to); ok && signInWords.MatchString(link.to+" "+link.text) && !signUpWords.MatchString(link.to) {
				places = append(places, to)
			}
		}
		for _, path := range usualLogins {
			places = append(places, s.at(path))
		}
	}
	if unnamed != "" {
		s.signInTo = goesTo
		return unnamed, nil
	}
	return "", errNoForm
}

// target is where the form goes, and whether it stays on the site.
func (s *scan) target(f pageForm, page string) (string, bool) {
	if f.action == "" {
		return page, true
	}
	return s.resolve(page, f.action)
}

// goesTo tells forms apart by where they go. What stands in the query changes with the page that a sign-in leads back to.
func (s *scan) goesTo(f pageForm, page string) string {
	to, ok := s.target(f, page)
	if !ok {
		return f.action
	}
	to, _, _ = strings.Cut(to, "?")
	return to
}

// wordsOf is what a form says that it does, without the name of the host.
func (s *scan) wordsOf(f pageForm, page string) string {
	to, ok := s.target(f, page)
	if !ok {
		to = f.action
	}
	return strings.TrimPrefix(to, s.origin()) + " " + f.label + " " + f.values().Get("_method")
}

// filled are the values of the form with a name and a password.
func (f loginForm) filled(user, password string) url.Values {
	values := f.values()
	values.Set(f.user, user)
	values.Set(f.password, password)
	return values
}
