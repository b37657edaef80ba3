package lab

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// An Exchange is a request and its answer, as a lab shows them.
type Exchange struct {
	Who, Line       string // who sent it, and its first line
	Request, Answer string // the rest, line by line
	Status          int
}

// maxShown is how much of a body is shown, in bytes.
const maxShown = 1500

func newExchange(who, path string, r *http.Request) Exchange {
	if who != you {
		path = maskQuery(path)
	}
	e := Exchange{Who: who, Line: r.Method + " " + printable(path, 300)}
	for _, name := range []string{"Origin", "Referer", "Cookie"} {
		if value := r.Header.Get(name); value != "" {
			if who != you {
				value = mask(name, value)
			}
			e.Request += name + ": " + printable(value, maxShown) + "\n"
		}
	}
	return e
}

// finish adds what is known once the answer is there. What the victim types and gets stays between them and the twin: the
// beginning of each token is enough to tell them apart.
func (e *Exchange) finish(body string, rec *answerHeard) {
	if body != "" {
		if e.Who != you {
			body = secretField.ReplaceAllString(body, "$1=(hidden)")
		}
		e.Request += "\n" + printable(body, maxShown)
	}
	e.Status = rec.status
	lines := []string{fmt.Sprint(rec.status, " ", http.StatusText(rec.status))}
	for _, name := range []string{"Location", "Set-Cookie"} {
		for _, value := range rec.Header().Values(name) {
			if e.Who != you {
				value = mask(name, value)
			}
			lines = append(lines, name+": "+printable(value, maxShown))
		}
	}
	text := rec.text.String()
	if e.Who != you {
		text = heading(text)
	}
	e.Answer = strings.TrimSpace(strings.Join(append(lines, "", printable(text, maxShown)), "\n"))
}

var (
	secretField = regexp.MustCompile(`((?:current_)?password)=[^&]*`)
	queryValue  = regexp.MustCompile(`[?&][^=&#\s]*=[^&#\s]*`)
	firstTitle  = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)
	tags        = regexp.MustCompile(`<[^>]*>`)
)

// mask hides what a header of somebody else's holds: of cookies and of what an address says, the beginning is left.
func mask(name, value string) string {
	switch name {
	case "Cookie":
		pairs := strings.Split(value, ";")
		for i, pair := range pairs {
			pairs[i] = maskPair(pair)
		}
		return strings.Join(pairs, ";")
	case "Set-Cookie":
		pair, attributes, more := strings.Cut(value, ";")
		if pair = maskPair(pair); more {
			pair += ";" + attributes
		}
		return pair
	default:
		return maskQuery(value)
	}
}

func maskQuery(address string) string {
	return queryValue.ReplaceAllStringFunc(address, maskPair)
}

// maskPair leaves the name and the first characters of a value.
func maskPair(pair string) string {
	const left = 6
	name, value, _ := strings.Cut(pair, "=")
	if len(value) <= left {
		return pair
	}
	return name + "=" + value[:left] + "\u2026"
}

// heading is what a page calls itself.
func heading(page string) string {
	m := firstTitle.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(html.UnescapeString(tags.ReplaceAllLiteralString(m[1], "")))
}

// printable is a text that a page can show: no control characters, and no more than so many bytes.
func printable(text string, most int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " \u2026"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// heardBody notes the beginning of what is read of it.
type heardBody struct {
	io.ReadCloser
	text strings.Builder
}

func (h *heardBody) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.text.Write(p[:min(n, max(0, 2*maxShown-h.text.Len()))])
	return n, err
}

// answerHeard notes the status and the beginning of an answer.
type answerHeard struct {
	http.ResponseWriter
	status int
	text   strings.Builder
}

func (a *answerHeard) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerHeard) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.text.Write(p[:min(len(p), max(0, 2*maxShown-a.text.Len()))])
	return a.ResponseWriter.Write(p)
}

// Log is what was sent so far, the last first.
func (b *Bench) Log() []Exchange {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.log)
	slices.Reverse(list)
	return list
}
