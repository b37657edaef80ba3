package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"example.com/gatehouse/internal/auth"
)

// A problemJSON tells a script what went wrong: in a word for the script, in a sentence for the person, and where to go
// if that helps.
type problemJSON struct {
	Error string `json:"error"`
	Text  string `json:"text,omitempty"`
	Where string `json:"where,omitempty"`
}

// A whereJSON tells a script where its page goes on.
type whereJSON struct {
	Where string `json:"where"`
}

// The words for scripts.
const (
	errorRefused = "refused"
	errorReauth  = "reauth"
	errorLimited = "limited"
	errorFailed  = "failed"
)

// wantsJSON reports whether a script asks, which cannot do anything with a page.
func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// readJSON reads the body of a script's request. Like form it answers 415 and 400 (ASVS v5.0.0-4.1.1).
func readJSON(r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return statusError{code: http.StatusUnsupportedMediaType, heading: "We could not read that",
			text: "This address takes JSON, and something else was sent. Nothing was changed."}
	}
	readBody(r)
	x := exchangeOf(r)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](x.formError); ok {
		return tooLarge
	}
	if x.formError != nil || json.Unmarshal(x.body, into) != nil {
		return badRequest("The request arrived damaged. Nothing was changed. Please try again.")
	}
	return nil
}

// readBody waits for all of a form, or of what a script sends, and keeps it: it can be read only once. Whoever asks for it is
// told what was wrong with it.
func readBody(r *http.Request) {
	x := exchangeOf(r)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && x.body == nil:
		x.body, x.formError = io.ReadAll(r.Body)
	case kind == "application/x-www-form-urlencoded" && r.PostForm == nil: // net/http reports an error only the first time
		x.formError = r.ParseForm()
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
	return nil
}

// handleJSON is handle for the addresses of scripts: what goes wrong is told as JSON.
func (a *app) handleJSON(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil {
			return nil
		}
		a.Bag.Abandon(r.Context())
		if errors.Is(err, auth.ErrEnded) {
			return writeJSON(w, http.StatusForbidden, problemJSON{Error: errorReauth, Where: "/login"})
		}
		e := a.asStatus(r.Context(), err)
		if e.code >= http.StatusInternalServerError {
			exchangeOf(r).cause = err
		}
		if e.retryAfter > 0 {
			w.Header().Set("Retry-After", retryAfter(e.retryAfter))
		}
		return writeJSON(w, e.code, problemJSON{Error: errorFailed, Text: e.text})
	})
}
