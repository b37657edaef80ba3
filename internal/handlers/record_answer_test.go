package handlers

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"example.com/gatehouse/webtest"
)

// A recordAnswer is what is recorded of one answer.
type recordAnswer struct {
	status  string
	kind    string
	facts   []string // "header Vary: Cookie", "heading Profile", "form POST /logout": what many answers may share
	special []string // what is said of each: the first heading, what a script is told, what becomes of cookies
}

// The kinds of answers that share facts.
const (
	kindPage     = "page for somebody signed out"
	kindSignedIn = "page for somebody signed in"
	kindError    = "error page for somebody signed out"
	kindErrorIn  = "error page for somebody signed in"
	kindRedirect = "redirect"
	kindPosted   = "redirect after a form"
	kindScript   = "answer to a script"
	kindOther    = ""     // shares nothing but what all do
	kindBare     = "bare" // has no facts
)

var recordKinds = []string{kindOther, kindPage, kindSignedIn, kindError, kindErrorIn, kindRedirect, kindPosted, kindScript}

const (
	pageType = "text/html; charset=utf-8"
	jsonType = "application/json; charset=utf-8"
)

// readAnswer reads all that is recorded. shorten makes addresses the same in every run.
func readAnswer(a *webtest.Answer, shorten func(string) string) recordAnswer {
	rec := recordAnswer{status: fmt.Sprint(a.StatusCode), kind: kindOther}
	to, content, told := a.Header.Get("Location"), a.Header.Get("Content-Type"), toldElsewhere
	switch method, _, _ := strings.Cut(a.What, " "); {
	case to != "" && method == http.MethodPost:
		rec.kind, rec.status = kindPosted, rec.status+" to "+shorten(to)
	case to != "":
		rec.kind, rec.status = kindRedirect, rec.status+" to "+shorten(to)
	case content == pageType && method != http.MethodHead:
		rec.readPage(a, shorten)
		told = append(told, "Content-Type", "Content-Encoding")
	case content == jsonType && a.Header.Get("Content-Disposition") == "":
		rec.kind, rec.status = kindScript, rec.status+" JSON"
		rec.special = []string{"JSON " + strings.Join(jsonNames(a.Body, shorten), " ")}
		told = append(told, "Content-Type")
	}
	rec.readHeaders(a, told)
	for _, c := range a.Cookies() {
		rec.special = append(rec.special, cookieWords(c))
	}
	return rec
}

// see notes a fact once, and where it is seen again as "form POST /logout (2)".
func (rec *recordAnswer) see(fact string) {
	once := fact
	for n := 2; slices.Contains(rec.facts, fact); n++ {
		fact = fmt.Sprintf("%s (%d)", once, n)
	}
	rec.facts = append(rec.facts, fact)
}

var (
	marker = regexp.MustCompile(`( [1-9])+$`) // the number of a margin note
	day    = regexp.MustCompile(`^[A-Z][a-z]+day \d+ [A-Z][a-z]+ \d{4}$`)
)

// readPage notes the headings and forms of a page, and which kind of page it is.
func (rec *recordAnswer) readPage(a *webtest.Answer, shorten func(string) string) {
	rec.status += " page"
	if a.Header.Get("Content-Encoding") == "" {
		rec.status += ", not compressed"
	}
	for _, text := range a.Headings(1) {
		rec.special = append(rec.special, "heading "+text)
	}
	for _, text := range a.Headings(2) {
		text = marker.ReplaceAllLiteralString(day.ReplaceAllLiteralString(text, "{day}"), "")
		if text != "{day}" || !slices.Contains(rec.facts, "heading {day}") {
			rec.see("heading " + text)
		}
	}
	for _, form := range a.Forms() {
		rec.see("form " + form.Method + " " + shorten(form.Action) + fieldsOf(form))
	}
	signedIn := slices.Contains(rec.facts, "form POST /logout")
	switch wrong := a.StatusCode >= http.StatusBadRequest && a.StatusCode != http.StatusUnprocessableEntity; {
	case wrong && signedIn:
		rec.kind = kindErrorIn
	case wrong:
		rec.kind = kindError
	case signedIn:
		rec.kind = kindSignedIn
	default:
		rec.kind = kindPage
	}
}

// fieldsOf lists names and types. Of several in a row that are alike, as the buttons of one choice, it counts.
func fieldsOf(form webtest.Form) (list string) {
	for i := 0; i < len(form.Fields); {
		f, n := form.Fields[i], 1
		for i+n < len(form.Fields) && form.Fields[i+n].Name == f.Name && form.Fields[i+n].Type == f.Type {
			n++
		}
		list += " " + f.Name + ":" + cmp.Or(f.Type, "text")
		if n > 1 {
			list += fmt.Sprintf("(%d)", n)
		}
		i += n
	}
	return list
}

// toldElsewhere are headers that the record tells in other words, or that say nothing.
var toldElsewhere = []string{"Content-Length", "Date", "Location", "Set-Cookie"}

var fileHash = regexp.MustCompile(`[0-9a-f]{8,}`)

// readHeaders notes all headers but those that are told already.
func (rec *recordAnswer) readHeaders(a *webtest.Answer, told []string) {
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		if slices.Contains(told, name) {
			continue
		}
		for _, value := range a.Header[name] {
			if name == "Etag" {
				value = fileHash.ReplaceAllLiteralString(value, "{hash}")
			}
			rec.see("header " + name + ": " + value)
		}
	}
}
