package handlers

import (
	"fmt"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

// contentSecurityPolicy allows what this origin serves and nothing inline (ASVS v5.0.0-3.4.3, 3.4.6).
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; " +
	"require-trusted-types-for 'script'"

// headers go out with every answer, errors and static files included (ASVS v5.0.0-3.4.1, 3.4.3 to 3.4.6,
// 3.4.8, 3.5.8).
func (a *app) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), "+
			"publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()")
		if a.https() {
			h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d; includeSubDomains", int64(a.HSTS/time.Second)))
		}
		next.ServeHTTP(w, r)
	})
}

// maxBody is more than any form here needs, in bytes.
const maxBody = 64 << 10

func (a *app) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// compress shortens pages that cannot leak by their length: those of people who are not signed in, and those that
// repeat nothing of the request. A page with somebody's data and text from the request in it goes out as it is, so that
// nobody can guess the one by varying the other (BREACH). send decides which is which.
func (a *app) compress() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024))
	if err != nil {
		panic(err) // only a wrong option above could do that
	}
	return func(next http.Handler) http.Handler {
		compressed := wrap(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			exchangeOf(r).compressible = true
			compressed.ServeHTTP(w, r)
		})
	}
}

// mixesSecretsWithInput reports whether the answer may hold both somebody's data and text chosen by whoever made the
// browser ask. A path is such text where it leads to nothing; where there is a page, they cannot choose it.
func mixesSecretsWithInput(r *http.Request, status int) bool {
	return currentOf(r) != nil &&
		(status != http.StatusOK || r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.RawQuery != "")
}
