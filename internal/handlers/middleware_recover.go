package handlers

import (
	"fmt"
	"net/http"
	"runtime/debug"
)

// lastResort catches what panics outside handle.
func (a *app) lastResort(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
					panic(v)
				}
				exchangeOf(r).cause = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				http.Error(w, "Something went wrong. Reference "+clientOf(r).RequestID, http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
