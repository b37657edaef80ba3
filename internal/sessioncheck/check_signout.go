package sessioncheck

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"
)

var signOutChecks = []Check{
	{
		ID: "signout-server", Title: "Signing out ends the session on the server", Severity: High,
		Reason: "a copy of the cookie stays good after its owner signed out", CWE: 613, ASVS: "7.4.1", WSTG: "WSTG-SESS-06", Matters: true,
		Sends: "a sign-out, then the private page with a copy of the cookies, for ten seconds",
		Means: "the copy opens no longer; how long it still did is measured",
		run:   signOutServer,
	},
	{
		ID: "signout-by-get", Title: "A link or a picture cannot sign people out", Severity: Low,
		Reason: "any page can sign its readers out", CWE: 352, ASVS: "3.5.3", WSTG: "WSTG-SESS-05",
		Sends: "GET to the address that signs out, as from another site", Means: "the session goes on",
		run: signOutByGet,
	},
	{
		ID: "signout-everywhere", Title: "Signing out everywhere ends the other sessions", Severity: High,
		Reason: "whoever suspects a thief cannot get rid of them", CWE: 613, ASVS: "7.5.2", WSTG: "WSTG-SESS-06",
		Sends: "two sign-ins, the act of the profile in one, the private page with the other", Means: "the other session is over",
		run: signOutEverywhere,
	},
	{
		ID: "password-change-others", Title: "A changed password ends the other sessions", Severity: High,
		Reason: "a thief stays signed in although the password was changed because of them", CWE: 613, ASVS: "7.4.3", WSTG: "WSTG-SESS-06",
		Sends: "two sign-ins, a change of the password in one and back, the private page with the other", Means: "the other session is over",
		run: passwordChangeOthers,
	},
	{
		ID: "resurrection", Title: "A request in flight does not bring an ended session back", Severity: High,
		Reason: "signing out fails whenever a page is still loading", CWE: 362, ASVS: "7.4.1", WSTG: "WSTG-SESS-06", Matters: true,
		Sends: "a form whose last byte is held back, a sign-out meanwhile, then the last byte",
		Means: "neither the token nor a cookie of the late answer opens the private page",
		run:   resurrection,
	},
}

func signOutServer(ctx context.Context, s *scan) (Result, error) {
	if s.out == nil {
		return unclear(errNoSignOut.Error()), nil
	}
	say := sentences{
		passed:  "a copy of the cookies opens nothing after the sign-out",
		found:   "a copy of the cookies opens the private page after its owner signed out",
		unclear: "the sign-out did not sign its own browser out",
	}
	var longest time.Duration
	r, err := s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		copied := s.copied(b.jar)
		if a, err := b.signOut(ctx); err != nil {
			return dim, "", err
		} else if state, _, err := b.opens(ctx); err != nil || state != closed {
			return dim, fmt.Sprintf("%s answered %s, and its own browser is still signed in", s.out.method, s.said(a)), err
		}
		seen, line, err := s.watch(ctx, copied.jar, &longest)
		delete(s.live, b)
		if seen == wrong {
			s.live[copied] = true
		}
		return seen, fmt.Sprintf("signed out by %s %s; %s", s.out.method, s.path(s.out.url), line), err
	})
	if r.Verdict == Passed && longest > 0 {
		r.Why += fmt.Sprintf(", after %v at most", longest.Round(time.Second))
	}
	s.known[signOutFails] = err == nil && r.Verdict != Passed
	return r, err
}

// signOutFails is known when sign-outs do not end sessions, so that no check that relies on one means anything.
const signOutFails = "sign-out fails"

// elsewhere is the origin of another site.
const elsewhere = "https://attacker.example"

func signOutByGet(ctx context.Context, s *scan) (Result, error) {
	if s.out == nil {
		return skipped(errNoSignOut.Error()), nil
	}
	say := sentences{
		passed: "GET to the address of the sign-out, from another site, changes nothing",
		found:  "a link on another site signs people out",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		defer s.end(ctx, b)
		led := s.copied(b.jar) // an answer may give it another token
		s.live[led] = true
		defer s.end(ctx, led)
		a, err := led.do(ctx, request{method: http.MethodGet, url: s.out.url, from: elsewhere})
		if err != nil {
			return dim, "", err
		}
		return led.stillIn(ctx, fmt.Sprintf("GET %s answered %s", s.path(s.out.url), s.said(a)))
	})
}

// stillIn is for a browser that should not have been signed out. Its own cookies decide, because a sign-out may do no more
// than delete those.
func (b *browser) stillIn(ctx context.Context, line string) (outcome, string, error) {
	state, a, err := b.opens(ctx)
	if err != nil {
		return dim, "", err
	}
	switch state {
	case open:
		return right, line + "; the session goes on", nil
	case closed:
		return wrong, line + "; the session is over", nil
	default:
		return dim, line + "; " + b.said(a), nil
	}
}

func signOutEverywhere(ctx context.Context, s *scan) (Result, error) {
	if !s.Profile.Everywhere.known() {
		return skipped("how to sign out everywhere is not known: the profile says it under sign-out-everywhere"), nil
	}
	if !s.allows("sign-out-everywhere") {
		return skipped("it ends every session of the account: allow it with --allow sign-out-everywhere"), nil
	}
	return s.others(ctx, "signing out everywhere", s.Profile.Everywhere, nil)
}

func passwordChangeOthers(ctx context.Context, s *scan) (Result, error) {
	if !s.Profile.ChangePassword.known() {
		return skipped("how to change the password is not known: the profile says it under change-password"), nil
	}
	if !s.allows("password-change") {
		return skipped("it changes the password, and back: allow it with --allow password-change"), nil
	}
	if s.Given != "" {
		return Result{}, errGiven
	}
	s.secrets.add(s.Password + newPassword)
	return s.others(ctx, "changing the password", s.Profile.ChangePassword, s.changeBack)
}

// others does an act in one session and looks whether another of the same account survives it. What undo does comes after
// every act, also after one without an answer, because that may have worked.
func (s *scan) others(ctx context.Context, name string, act Act, undo func(context.Context, *browser) error) (Result, error) {
	if s.alone {
		return skipped("the account has one session at a time"), nil
	}
	say := sentences{
		passed:  name + " ends the other session",
		found:   "the other session goes on after " + name,
		unclear: name + " did not work as the profile says",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (seen outcome, line string, err error) {
		other, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		here, err := s.session(ctx)
		if err != nil {
			return dim, "", err
		}
		defer func() {
			if undo != nil {
				err = cmp.Or(undo(ctx, here), err)
			}
			s.end(ctx, here)
			s.end(ctx, other)
		}()
		a, err := here.perform(ctx, act, s.User, s.Password)
		if err != nil {
			return dim, "", err
		}
		line = fmt.Sprintf("%s answered %s", act.Request, s.said(here.chain[0]))
		if here.chain[0].status >= 400 || s.judge(a) == vague {
			return dim, line, nil
		}
		seen, after, err := s.thief(ctx, other.jar)
		return seen, line + "; in the other browser " + after, err
	})
}
