package twin

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// aliases gives out other values than the tokens of scs, for the faults that need those: numbers, or what a browser
// brought.
func (p *Portal) aliases(next http.Handler) http.Handler {
	if !p.has(CountedTokens) && !p.has(AdoptsTokens) {
		return next
	}
	names := &aliasNames{token: map[string]string{}, alias: map[string]string{}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		brought := ""
		if cookie, err := r.Cookie(p.Cookie.Name); err == nil {
			token := names.tokenOf(cookie.Value)
			if _, known, err := p.find(cookie.Value); err == nil && !known && p.has(AdoptsTokens) {
				brought = cookie.Value
			}
			if token != "" {
				r.Header.Set("Cookie", p.Cookie.Name+"="+token)
			}
		}
		next.ServeHTTP(&aliasing{ResponseWriter: w, portal: p, names: names, brought: brought}, r)
	})
}

type aliasNames struct {
	mu           sync.Mutex
	token, alias map[string]string
	count        int
}

func (n *aliasNames) tokenOf(alias string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.token[alias]
}

// of returns the alias of a token, which is the token itself where none is needed. What a browser brought stays the name of
// its session when that gets another token.
func (n *aliasNames) of(token, brought string, counted bool) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	alias := n.alias[token]
	switch {
	case alias != "":
		return alias
	case counted:
		n.count++
		alias = fmt.Sprintf("%032d", n.count)
	case brought != "":
		alias = brought
	default:
		return token
	}
	n.alias[token], n.token[alias] = alias, token
	return alias
}

// aliasing rewrites the cookie before the first byte.
type aliasing struct {
	http.ResponseWriter
	portal  *Portal
	names   *aliasNames
	brought string
	begun   bool
}

func (a *aliasing) WriteHeader(status int) {
	if !a.begun {
		a.begun = true
		for i, line := range a.Header()["Set-Cookie"] {
			value, rest, _ := strings.Cut(strings.TrimPrefix(line, a.portal.Cookie.Name+"="), ";")
			if value != "" && strings.HasPrefix(line, a.portal.Cookie.Name+"=") {
				alias := a.names.of(value, a.brought, a.portal.has(CountedTokens))
				a.Header()["Set-Cookie"][i] = a.portal.Cookie.Name + "=" + alias + ";" + rest
			}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *aliasing) Write(b []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b)
}
