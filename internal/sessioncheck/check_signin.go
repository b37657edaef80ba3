package sessioncheck

import (
	"context"
	"fmt"
	"slices"
	"time"
)

var signInChecks = []Check{
	{
		ID: "fixation", Title: "A token from before the sign-in opens nothing after it", Severity: High,
		Reason: "whoever plants a token in a browser is signed in with its owner", CWE: 384, ASVS: "7.2.4", WSTG: "WSTG-SESS-03", Matters: true,
		Sends: "sign-ins of browsers that have an invented token, one of their own from before, and one of another browser",
		Means: "none of those tokens opens the private page afterwards",
		run:   fixation,
	},
	{
		ID: "rotation-signin", Title: "Signing in gives a new token", Severity: High,
		Reason: "a token that somebody knew before stays good", CWE: 384, ASVS: "7.2.4", WSTG: "WSTG-SESS-03", Matters: true,
		Sends: "a sign-in in a browser that is signed in, and one in a browser that has a token of a visitor",
		Means: "the token afterwards is another one",
		run:   rotationSignIn,
	},
	{
		ID: "rotation-old-token", Title: "A token that was replaced opens nothing", Severity: High,
		Reason: "a copy of the old token outlives what was to make it useless", CWE: 613, ASVS: "7.2.4", WSTG: "WSTG-SESS-03", Matters: true,
		Sends: "a sign-in in a browser that is signed in, then the private page with the token it had, for ten seconds",
		Means: "it opens no longer; how long it still did is measured",
		run:   rotationOldToken,
	},
	{
		ID: "second-factor-skip", Title: "The second factor cannot be left out", Severity: High,
		Reason: "a password alone is enough", CWE: 288, ASVS: "6.3.4", WSTG: "WSTG-ATHN-11",
		Sends: "the password of an account with a second factor, then the private page at once",
		Means: "the page does not open before the second factor was shown",
		run:   secondFactorSkip,
	},
}

// visitor is a browser that looked at the sign-in page, as anybody may before signing in.
func (s *scan) visitor(ctx context.Context) (*browser, error) {
	b := s.fresh()
	if s.login == "" {
		return b, nil
	}
	_, err := b.get(ctx, s.login)
	return b, err
}

// plant signs a browser in that holds these cookies, and looks what they open for somebody else afterwards.
func (s *scan) plant(ctx context.Context, cookies jar, whose string) (outcome, string, error) {
	b, err := s.sessionIn(ctx, s.copied(cookies))
	if err != nil {
		return dim, "", err
	}
	seen, line, err := s.thief(ctx, cookies)
	s.end(ctx, b)
	return seen, fmt.Sprintf("signed in with %s: with that alone, %s", whose, line), err
}

func fixation(ctx context.Context, s *scan) (Result, error) {
	if slices.Contains(s.auth, bearer) {
		return skipped("the session does not travel in a cookie, so none can be planted"), nil
	}
	say := sentences{
		passed: "tokens that were there before the sign-in, planted or its own, open nothing after it",
		found:  "a token that was there before the sign-in opens the private page after it",
	}
	ways := []func(context.Context) (jar, string, error){
		func(context.Context) (jar, string, error) {
			return s.main.jar.only(s.auth).invented(), "an invented token", nil
		},
		func(ctx context.Context) (jar, string, error) {
			b, err := s.visitor(ctx)
			return b.jar, "the cookies of another browser that only looked at the sign-in page", err
		},
	}
	var lines []string
	for _, way := range ways {
		r, err := s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
			planted, whose, err := way(ctx)
			if err != nil {
				return dim, "", err
			}
			if len(planted.only(s.auth)) == 0 {
				return right, "a visitor has no token of a session yet", nil
			}
			return s.plant(ctx, planted, whose)
		})
		if err != nil || r.Verdict != Passed {
			return r, err
		}
		lines = append(lines, r.Evidence...)
	}
	return passed(say.passed, lines...), nil
}

func rotationSignIn(ctx context.Context, s *scan) (Result, error) {
	say := sentences{
		passed:  "each sign-in gave a token that was not there before",
		found:   "the token is the same before and after signing in",
		unclear: "who is signed in cannot sign in again, so that no change was seen",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		before, err := s.visitor(ctx)
		if err != nil {
			return dim, "", err
		}
		was := s.tokenOf(before.jar)
		b, err := s.sessionIn(ctx, before)
		if err != nil {
			return dim, "", err
		}
		defer s.end(ctx, b)
		first := s.tokenOf(b.jar)
		if was == first {
			return wrong, fmt.Sprintf("a visitor's token %s is the token after signing in", masked(first)), nil
		}
		if _, err := b.signIn(ctx, s.User, s.Password); err != nil {
			return dim, "", err
		}
		if s.tokenOf(b.jar) == first {
			if b.chain[0].status >= 400 {
				return right, "the first sign-in gave a new token; a second one in the same browser is refused", nil
			}
			return wrong, fmt.Sprintf("signing in again kept the token %s", masked(first)), nil
		}
		return right, fmt.Sprintf("%s became %s", masked(first), masked(s.tokenOf(b.jar))), nil
	})
}

// grace is how long a replaced token is watched, and graceMost how long it may open: requests that were on their way.
const (
	grace     = 10 * time.Second
	graceMost = 5 * time.Second
)

func rotationOldToken(ctx context.Context, s *scan) (Result, error) {
	say := sentences{
		passed:  "the replaced token opens nothing",
		found:   fmt.Sprintf("the token from before still opens the private page %v after it was replaced", grace),
		unclear: "the token did not change, so there is no replaced one",
	}
	var longest time.Duration
	r, err := s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		defer func() { s.end(ctx, b) }()
		old := b.copied(b.jar)
		if _, err := b.signIn(ctx, s.User, s.Password); err != nil {
			return dim, "", err
		}
		if s.tokenOf(old.jar) == s.tokenOf(b.jar) {
			return dim, "a second sign-in in the same browser kept its token", nil
		}
		seen, line, err := s.watch(ctx, old.jar, &longest)
		if seen == wrong {
			s.live[old] = true
		}
		return seen, line, err
	})
	if r.Verdict == Passed && longest > 0 {
		r.Why += fmt.Sprintf(" after %v at most", longest.Round(time.Second))
	}
	return r, err
}

// watch asks with an old token until it opens no longer, and notes how long it did. A server that cannot tell yet is asked
// again.
func (s *scan) watch(ctx context.Context, old jar, longest *time.Duration) (outcome, string, error) {
	began := time.Now()
	for {
		seen, line, err := s.thief(ctx, old)
		since := time.Since(began)
		switch {
		case err != nil:
			return dim, "", err
		case seen == right && *longest > graceMost:
			return wrong, fmt.Sprintf("it opened for %v", longest.Round(time.Second)), nil
		case seen == right:
			return right, line, nil
		case seen == wrong:
			*longest = max(*longest, since+time.Second)
		}
		if since >= grace {
			return seen, fmt.Sprintf("after %v %s", since.Round(time.Second), line), nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return dim, "", err
		}
	}
}

func secondFactorSkip(ctx context.Context, s *scan) (Result, error) {
	account := s.Profile.SecondFactor
	if account.User == "" {
		return skipped("no account with a second factor is known: the profile names one under second-factor"), nil
	}
	say := sentences{
		passed: "the password of an account with a second factor opens nothing by itself",
		found:  "after the password alone, the private page opens",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b := s.fresh()
		landed, err := b.signIn(ctx, account.User, account.Password)
		if err != nil {
			return dim, "", err
		}
		a, err := b.get(ctx, s.private)
		if err != nil {
			return dim, "", err
		}
		line := fmt.Sprintf("the sign-in led to %s; %s then answered %s", s.path(landed.url), s.path(s.private), s.said(a))
		if a.status < 300 && s.path(a.url) == s.path(s.private) && !s.looksClosed(ctx, a) {
			s.live[b] = true
			return wrong, line, nil
		}
		return right, line, nil
	})
}

// looksClosed compares an answer with what somebody without a cookie gets, for pages that show the name of another account.
func (s *scan) looksClosed(ctx context.Context, a *answer) bool {
	nobody, err := s.fresh().get(ctx, s.private)
	if err != nil || nobody.status != a.status || s.path(nobody.url) != s.path(a.url) {
		return false
	}
	for text := range nobody.page.texts {
		if !a.page.texts[text] {
			return false
		}
	}
	return true
}
