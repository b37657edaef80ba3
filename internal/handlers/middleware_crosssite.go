package handlers

import (
	"net/http"
	"net/url"

	"example.com/gatehouse/internal/audit"
)

// isCrossSite reports whether an unsafe request was made by another site, or cannot show that it was not
// (ASVS v5.0.0-3.5.1). Fetch metadata decides; the Origin, where there is one, must be ours as well, so a forged or
// stripped header of the two is not enough. A request that carries our cookie and shows neither is refused: no
// browser of recent years leaves out both.
func (a *app) isCrossSite(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	var standard http.CrossOriginProtection
	if err := standard.Check(r); err != nil && (site != "" || origin != a.BaseURL.String()) { // a proxy may have changed the Host
		return true
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return false
	}
	if site == "" && origin == "" {
		return a.Bag.HasCookie(r) || a.Bag.Pending(r) != "" || a.hasOneTimeToken(r)
	}
	if origin == "" || origin == "null" && site == "same-origin" { // "null" is what pages of hideToken send
		return false
	}
	return !a.isOurs(origin, r.Host)
}

// isOurs reports whether the origin is the configured one, or this very host under the configured scheme.
func (a *app) isOurs(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == a.BaseURL.Scheme && (u.Host == host || u.Host == a.BaseURL.Host)
}

// asksForItself reports whether the request is a script's of this origin, as far as its browser says.
func asksForItself(r *http.Request) bool {
	site, dest := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Dest")
	return (site == "" || site == "same-origin") && (dest == "" || dest == "empty")
}

// refuseCrossSite refuses what isCrossSite found. It runs after the session is known, so that the page can show its Sign out
// button; the session is read and not extended.
func (a *app) refuseCrossSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !exchangeOf(r).crossSite {
			next.ServeHTTP(w, r)
			return
		}
		var user, handle string
		if v := currentOf(r); v != nil {
			user, handle = v.User.ID, v.ID
		}
		a.Audit.Report(r.Context(), audit.CrossSiteRequest, user, handle, "", clientOf(r))
		a.fail(w, r, statusError{code: http.StatusForbidden, heading: "This form did not come from here",
			text: "Your browser says another site sent it, so nothing was changed. Open the page here and try again."})
	})
}
