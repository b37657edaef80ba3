package sessioncheck

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bearer is the name under which a jar keeps the token of a session that travels in a header.
const bearer = "Authorization"

// A jar is what a browser keeps of one site: cookies by name, as an application of one host sees them.
type jar map[string]kept

type kept struct {
	value, path string
}

// mostCookies is how many a jar takes, as browsers have such a bound as well.
const mostCookies = 60

// take applies the Set-Cookie lines of an answer.
func (j jar) take(cookies []*http.Cookie, now time.Time) {
	for _, c := range cookies {
		if _, has := j[c.Name]; !has && len(j) >= mostCookies || len(c.Value) > 2*mostCookie {
			continue
		}
		if c.MaxAge < 0 || c.MaxAge == 0 && !c.Expires.IsZero() && !c.Expires.After(now) {
			delete(j, c.Name)
			continue
		}
		path := c.Path
		if !strings.HasPrefix(path, "/") {
			path = "/"
		}
		j[c.Name] = kept{c.Value, path}
	}
}

// header is the Cookie header for a path, "" for none.
func (j jar) header(path string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(j)) {
		if name != bearer && covers(j[name].path, path) {
			pairs = append(pairs, name+"="+j[name].value)
		}
	}
	return strings.Join(pairs, "; ")
}

func covers(prefix, path string) bool {
	return path == prefix || strings.HasPrefix(path, prefix) && (strings.HasSuffix(prefix, "/") || path[len(prefix)] == '/')
}

// only is the part of a jar with these names.
func (j jar) only(names []string) jar {
	part := jar{}
	for _, name := range names {
		if c, ok := j[name]; ok {
			part[name] = c
		}
	}
	return part
}

// without is the part of a jar without these names.
func (j jar) without(names ...string) jar {
	part := maps.Clone(j)
	for _, name := range names {
		delete(part, name)
	}
	return part
}

// names are those of the jar, in order.
func (j jar) names() []string { return slices.Sorted(maps.Keys(j)) }

// invented is a jar of the same shape in which each letter and each digit was replaced by another.
func (j jar) invented() jar {
	made := jar{}
	for name, c := range j {
		made[name] = kept{lookalike(c.value), c.path}
	}
	return made
}
