package handlers

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// form reads the named fields of a posted form. Fields that were not asked for are ignored; one that comes twice, or
// holds what no keyboard types, makes the whole form unreadable (ASVS v5.0.0-15.3.3, 15.3.7). A missing field is "".
func form(r *http.Request, fields ...string) (map[string]string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, statusError{code: http.StatusUnsupportedMediaType, heading: "We could not read that",
			text: "This address takes a form, and something else was sent. Nothing was changed."}
	}
	readBody(r)
	if err := exchangeOf(r).formError; err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge
		}
		return nil, badRequest("The form arrived damaged. Nothing was changed. Please go back and try again.")
	}
	values := make(map[string]string, len(fields))
	for _, name := range fields {
		sent := r.PostForm[name]
		if len(sent) > 1 {
			return nil, badRequest("A field of the form was sent twice. Nothing was changed. Please go back and try again.")
		}
		if len(sent) == 0 {
			continue
		}
		if !isText(sent[0]) {
			return nil, badRequest("The form holds characters that cannot be typed. Nothing was changed. Please go back and try again.")
		}
		values[name] = sent[0]
	}
	return values, nil
}

// isText reports whether both databases and every page can hold the text: UTF-8 without NUL.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// query returns a parameter of the URL that came once and is text, "" otherwise.
func query(r *http.Request, name string) string {
	sent := r.URL.Query()[name]
	if len(sent) != 1 || !isText(sent[0]) || len(sent[0]) > 1024 {
		return ""
	}
	return sent[0]
}

// A problem is one thing wrong with a form, said beside its field and in the summary on top. Field "" is the whole form.
type problem struct{ Field, Text string }

type problems []problem

// On returns what is wrong with the field, or "".
func (p problems) On(field string) string {
	for _, one := range p {
		if one.Field == field {
			return one.Text
		}
	}
	return ""
}
