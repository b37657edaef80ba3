package twin

import "net/http"

// headers are for the browser.
func (p *Portal) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if !p.has(NoHeaders) {
			h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin")
		}
		if !p.has(NoHSTS) {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		if !p.has(PagesCached) {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// crossSite refuses forms of other sites.
func (p *Portal) crossSite(next http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open := FormsFromElsewhere
		if r.URL.Path == "/login" {
			open = SignInFromElsewhere
		}
		if p.has(open) {
			next.ServeHTTP(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}

// oneCookie believes none of two cookies: another host may have set one of them.
func (p *Portal) oneCookie(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.CookiesNamed(p.Cookie.Name)) > 1 && !p.has(FirstCookieWins) {
			r.Header.Del("Cookie")
		}
		next.ServeHTTP(w, r)
	})
}

// state says how a session is, for scripts that ask again and again, without using it.
func (p *Portal) state(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	found := false
	if cookie, err := r.Cookie(p.Cookie.Name); err == nil {
		_, found, _ = p.find(cookie.Value) // a store that cannot be read knows nobody
	}
	if found {
		_, _ = w.Write([]byte(`{"state": "active"}`))
		return
	}
	_, _ = w.Write([]byte(`{"state": "ended"}`))
}

func (p *Portal) find(token string) ([]byte, bool, error) {
	if s, ok := p.Store.(*endings); ok {
		return s.Find(token)
	}
	return p.Store.Find(token)
}
