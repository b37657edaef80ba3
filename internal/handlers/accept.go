package handlers

import (
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	typeJSON = "application/json"
	typePage = "text/html"
)

// wantsJSON reports whether an answer that could be a page is to be JSON, for a script that can do nothing with a page. At the
// addresses of scripts JSON wins where a request likes both equally, and the page everywhere else. The answer says what it
// depends on.
func (a *app) wantsJSON(w http.ResponseWriter, r *http.Request) bool {
	if !slices.Contains(w.Header().Values("Vary"), "Accept") {
		w.Header().Add("Vary", "Accept")
	}
	first, second := typePage, typeJSON
	if a.routeOf(r).script {
		first, second = second, first
	}
	return preferred(r.Header.Values("Accept"), first, second) == typeJSON
}

// preferred is which of two types the lines of an Accept header like better (RFC 9110, 12.5.1). Where they like both equally
// it is the one that they name more exactly, and then the first: "application/json, */*" asks for JSON.
func preferred(accept []string, first, second string) string {
	ranges := mediaRanges(strings.Join(accept, ","))
	a, b := ranges.of(first), ranges.of(second)
	if b.quality > a.quality || b.quality == a.quality && b.exactness > a.exactness {
		return second
	}
	return first
}

// A mediaRange is one element of an Accept header.
type mediaRange struct {
	name       string // "text/html", "text/*", "*/*"
	parameters map[string]string
	quality    float64
	exactness  int
}

type acceptRanges []mediaRange

// of is the most exact range that covers a type, whose quality counts. Without any header everything is as welcome.
func (all acceptRanges) of(name string) (best mediaRange) {
	if len(all) == 0 {
		return mediaRange{quality: 1}
	}
	kind, _, _ := strings.Cut(name, "/")
	for _, one := range all {
		switch one.name {
		case name:
			one.exactness = 3 + len(one.parameters)
		case kind + "/*":
			one.exactness = 2
		case "*/*":
			one.exactness = 1
		default:
			continue
		}
		if one.exactness > best.exactness {
			best = one
		}
	}
	return best
}

// mediaRanges reads what it can: an element that is none is left out. We send no parameter but the charset, so a range with
// another covers nothing that we have.
func mediaRanges(accept string) (all acceptRanges) {
	for _, element := range splitQuoted(accept) {
		name, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		one := mediaRange{name: name, parameters: parameters, quality: 1}
		if q, ok := parameters["q"]; ok {
			if !qualityValue.MatchString(q) {
				continue
			}
			one.quality, _ = strconv.ParseFloat(q, 64)
			delete(parameters, "q")
		}
		if charset, ok := parameters["charset"]; len(parameters) == 0 || ok && len(parameters) == 1 && strings.EqualFold(charset, "utf-8") {
			all = append(all, one)
		}
	}
	return all
}

var qualityValue = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

// splitQuoted splits a list at its commas, but for those in quoted strings.
func splitQuoted(list string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(list, func(c rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		}
		return c == ',' && !quoted
	})
}
