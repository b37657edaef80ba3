package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
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
	errorSignIn  = "sign-in"
	errorReauth  = "reauth"
	errorLimited = "limited"
	errorUnknown = "unknown-passkey"
	errorFailed  = "failed"
)

// readJSON reads the body of a script's request. Like form it answers 415 and 400 (ASVS v5.0.0-4.1.1).
func readJSON(r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != typeJSON {
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
	w.Header().Set("Content-Type", typeJSON+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
	return nil
}
