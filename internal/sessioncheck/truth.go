package sessioncheck

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A state is what the private page says of a browser.
type state int

const (
	vague  state = iota // an error, or a request to wait
	closed              // the mark is not there
	open                // the mark is there
)

// opens asks for the private page.
func (b *browser) opens(ctx context.Context) (state, *answer, error) {
	a, err := b.get(ctx, b.private)
	if errors.Is(err, errCircle) { // such as "ask again", while a token is being replaced
		return vague, b.chain[len(b.chain)-1], nil
	}
	if err != nil {
		return vague, nil, err
	}
	return b.judge(a), a, nil
}

func (s *scan) judge(a *answer) state {
	switch {
	case a.status < 400 && a.page.texts[s.mark]:
		return open
	case a.status >= 500 || a.status == http.StatusTooManyRequests:
		return vague
	default:
		return closed
	}
}

// findTruth finds a page that only who is signed in can see, and what of the cookies opens it.
func (s *scan) findTruth(ctx context.Context) error {
	first, landed, err := s.begin(ctx)
	if err != nil {
		return err
	}
	second := first
	if s.Given == "" {
		second = s.fresh()
		s.live[second] = true
		if _, err := second.signIn(ctx, s.User, s.Password); err != nil {
			return err
		}
	}
	if err := s.findPrivate(ctx, first, second, landed); err != nil {
		return err
	}
	s.main = second
	if state, _, err := first.opens(ctx); err != nil {
		return err
	} else if state != open {
		s.alone = true
		s.note("A second sign-in ended the first: this account has one session at a time, and checks that need two were left out.")
	}
	return s.findAuth(ctx)
}

// begin opens the first session, and returns the page it led to.
func (s *scan) begin(ctx context.Context) (*browser, *answer, error) {
	b := s.fresh()
	if s.Given != "" {
		for _, c := range parseCookies(s.Given) {
			b.jar[c.Name] = kept{c.Value, "/"}
			s.secrets.add(c.Value)
		}
		a, err := b.get(ctx, s.base.String())
		return b, a, err
	}
	if !s.Profile.SignIn.known() {
		var err error
		if s.login, err = s.findLogin(ctx); err != nil {
			return nil, nil, err
		}
	}
	s.live[b] = true
	a, err := b.signIn(ctx, s.User, s.Password)
	return b, a, err
}

func parseCookies(header string) []*http.Cookie {
	r := http.Request{Header: http.Header{"Cookie": {header}}}
	return r.Cookies()
}

// findAuth finds which cookies authenticate, by leaving each out, then each pair, never by name. An answer that did not
// open is not kept: a server may give a cookie of a stranger with it.
func (s *scan) findAuth(ctx context.Context) error {
	names := s.main.jar.names()
	if len(names) == 0 {
		return fmt.Errorf("nothing the sign-in set is needed for %s", s.path(s.private))
	}
	needed, err := s.neededOf(ctx, names)
	if err != nil {
		return err
	}
	if ok, err := s.suffices(ctx, needed); err != nil {
		return err
	} else if !ok {
		if needed, err = s.smallest(ctx, names); err != nil {
			return err
		}
	}
	s.auth = needed
	s.truth = append(s.truth, fmt.Sprintf("Of %s, what opens %s is %s: found by leaving each out.", list(names), s.path(s.private), list(needed)))
	if rest := s.main.jar.without(needed...); len(rest) > 0 {
		if ok, err := s.suffices(ctx, rest.names()); err != nil {
			return err
		} else if ok {
			s.second = rest.names()
			s.truth = append(s.truth, fmt.Sprintf("Without it, %s opens the page too.", list(s.second)))
		}
	}
	return nil
}

func (s *scan) neededOf(ctx context.Context, names []string) (needed []string, err error) {
	for _, name := range names {
		others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
		ok, err := s.suffices(ctx, others)
		if err != nil {
			return nil, err
		}
		if !ok {
			needed = append(needed, name)
		}
	}
	return needed, nil
}

// smallest is for cookies of which several open the page: one alone, then two.
func (s *scan) smallest(ctx context.Context, names []string) ([]string, error) {
	for n, one := range names {
		sets := [][]string{{one}}
		for _, other := range names[:n] {
			sets = append(sets, []string{other, one})
		}
		for _, set := range sets {
			if ok, err := s.suffices(ctx, set); err != nil || ok {
				return set, err
			}
		}
	}
	return names, nil
}

// suffices reports whether these cookies alone open the page, after a control that all of them do.
func (s *scan) suffices(ctx context.Context, names []string) (bool, error) {
	if err := s.control(ctx); err != nil {
		return false, err
	}
	b := s.copied(s.main.jar.only(names))
	state, a, err := b.opens(ctx)
	if err != nil {
		return false, err
	}
	if state == vague {
		return false, fmt.Errorf("%s answered %s while cookies were left out", s.path(s.private), s.said(a))
	}
	if state == open {
		maps.Copy(s.main.jar, b.jar)
	}
	return state == open, nil
}

// control makes sure that the page opens for whoever is signed in and for nobody else, so that what is seen next means
// something. A session that has ended meanwhile is begun again.
func (s *scan) control(ctx context.Context) error {
	state, _, err := s.main.opens(ctx)
	if err != nil {
		return err
	}
	if state != open && s.Given == "" {
		again, err := s.session(ctx)
		if err != nil {
			return err
		}
		s.main = again
	} else if state != open {
		return fmt.Errorf("the given session no longer opens %s", s.path(s.private))
	}
	state, a, err := s.fresh().opens(ctx)
	if err == nil && state != closed {
		err = fmt.Errorf("without a cookie %s answers %s, so it proves nothing", s.path(s.private), s.said(a))
	}
	return err
}

// tokenOf is what authenticates in a jar, as one text.
func (s *scan) tokenOf(j jar) string {
	var values []string
	for _, name := range s.auth {
		values = append(values, j[name].value)
	}
	return strings.Join(values, " ")
}
