package handlers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// cookieWords says what a Set-Cookie line does, without the value.
func cookieWords(c *http.Cookie) string {
	var until string
	switch {
	case c.MaxAge < 0:
		until = "deleted"
	case c.MaxAge > 0:
		until = "set for " + roughly(time.Duration(c.MaxAge)*time.Second)
	default:
		until = "set until the browser closes"
	}
	if !c.Expires.IsZero() {
		if left := time.Until(c.Expires); left > 0 {
			until += " (Expires says " + roughly(left) + ")"
		} else if c.MaxAge >= 0 {
			until += " (Expires says it is over)"
		}
	}
	if c.MaxAge >= 0 == (c.Value == "") {
		until += map[bool]string{true: ", empty", false: ", with a value"}[c.Value == ""]
	}
	parts := []string{"Path=" + c.Path}
	if c.Domain != "" {
		parts = append(parts, "Domain="+c.Domain)
	}
	for _, flag := range []struct {
		name string
		is   bool
	}{{"Secure", c.Secure}, {"HttpOnly", c.HttpOnly}, {"Partitioned", c.Partitioned}} {
		if flag.is {
			parts = append(parts, flag.name)
		}
	}
	parts = append(parts, sameSite[c.SameSite])
	return "cookie " + c.Name + " " + until + "; " + strings.Join(append(parts, c.Unparsed...), " ")
}

var sameSite = map[http.SameSite]string{
	0: "without SameSite", http.SameSiteDefaultMode: "SameSite", http.SameSiteLaxMode: "SameSite=Lax",
	http.SameSiteStrictMode: "SameSite=Strict", http.SameSiteNoneMode: "SameSite=None",
}

// roughly is a duration without the seconds that are added on the way.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	d = d.Round(time.Minute)
	switch {
	case d >= day && d%day == 0:
		return fmt.Sprint(int(d/day), " days")
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprint(int(d/time.Hour), " hours")
	}
	return fmt.Sprint(int(d/time.Minute), " minutes")
}

// jsonNames lists what a script is told: names, and beside some of them the value, which is a word of the portal or an
// address in it.
func jsonNames(body string, shorten func(string) string) []string {
	var told map[string]any
	if err := json.Unmarshal([]byte(body), &told); err != nil {
		return []string{"that is no object"}
	}
	return membersOf("", told, shorten)
}

func membersOf(of string, told map[string]any, shorten func(string) string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(told)) {
		members, isObject := told[name].(map[string]any)
		switch {
		case isObject:
			names = append(names, membersOf(of+name+".", members, shorten)...)
		case slices.Contains([]string{"error", "reason", "state", "where"}, name):
			names = append(names, of+name+"="+shorten(fmt.Sprint(told[name])))
		default:
			names = append(names, of+name)
		}
	}
	return names
}

var (
	randomID    = regexp.MustCompile(`(%2F|%3D|\b)[A-Z2-7]{26}\b`)
	randomToken = regexp.MustCompile(`\b[A-Za-z0-9_-]{43}\b`)
)

// shortener writes the parameter of the visit by its name, and everything random by what it is.
func (v *visit) shortener(route recordRoute) func(string) string {
	name := cmp.Or(routeParameter.FindString(route.pattern), v.param)
	return func(text string) string {
		if v.param != unknown {
			text = strings.ReplaceAll(text, v.param, name)
		}
		return randomToken.ReplaceAllString(randomID.ReplaceAllString(text, "${1}{id}"), "{token}")
	}
}
