package handlers

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/ratelimit"
)

// A namingLimiter knows from which limits anything was taken, given back or not.
type namingLimiter struct {
	ratelimit.Limiter
	mu    sync.Mutex
	names map[string]bool
}

func (l *namingLimiter) Take(ctx context.Context, key string, r ratelimit.Rule) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	name, _, _ := strings.Cut(key, ":")
	l.names[name] = true
	return l.Limiter.Take(ctx, key, r)
}

// What a form takes from limits is what its line says. What guesses are taken from inside a session, tokens of links, emails about
// what was found and the demo accounts of a network go without saying.
func TestLimitsAreSaid(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	taken := map[*route]map[string]bool{}
	watch := func(action string, send func()) {
		rt := p.app.route(http.MethodPost, p.app.routes.Find(chi.NewRouteContext(), http.MethodPost, action))
		if taken[rt] == nil {
			taken[rt] = map[string]bool{}
		}
		p.limits.Limiter = &namingLimiter{Limiter: ratelimit.NewMemory(), names: taken[rt]}
		send()
		p.limits.Limiter = limiterOff{}
	}
	p.limits.Limiter = limiterOff{}
	for _, ready := range actForms {
		x := ready(p)
		watch(x.action, func() { x.send(x.b).Leads(x.leads) })
	}
	watch("/basket", func() { p.browser().Post("/basket", "plan", "porch").Want(http.StatusSeeOther) })
	for _, path := range []string{labsPage, classPage, "/labs/fixation", "/learn/fixation/check"} {
		watch(path, func() {
			p.here().Post(path, "do", "begin", "version", lab.WithMistake, "code", p.app.Labs.Code).Want(http.StatusSeeOther)
		})
	}
	watch(beginSignIn, func() { p.browser().begin(beginSignIn) })
	u := p.newUser("Olga")
	p.browser().SignIn(u.Email, password)
	watch("/password/forgot", func() {
		for range guard.EmailsHere.Burst + 1 {
			p.browser().Post("/password/forgot", "email", u.Email)
		}
		p.awaitEmails(u.Email, "/password/reset/", guard.EmailsHere.Burst+1) // the last one because the browser is known
	})
	unsaid := []guard.Limit{guard.OneTimeTokens, guard.Found, guard.ChangesHere}
	for key, rt := range p.app.table {
		said := map[string]bool{}
		for _, l := range rt.limits {
			said[guard.KeyOf(l)] = true
		}
		if !rt.limited {
			said[guard.KeyOf(rt.spends)] = true
		}
		got := taken[rt]
		if got == nil {
			if len(rt.limits) > 0 && !strings.HasPrefix(rt.pattern, "/admin/") {
				t.Errorf("%s says limits, and nothing here asks what it takes", key)
			}
			continue
		}
		left := unsaid
		if rt.guarded {
			left = slices.Concat(left, []guard.Limit{guard.Confirmations, guard.Codes, guard.PasskeyAnswers})
		}
		for _, l := range left {
			delete(got, guard.KeyOf(l))
		}
		delete(got, "press") // that EmailsKnown counts one press once
		if !maps.Equal(got, said) {
			t.Errorf("%s says that it takes from %q, and takes from %q", key, slices.Sorted(maps.Keys(said)), slices.Sorted(maps.Keys(got)))
		}
	}
}
