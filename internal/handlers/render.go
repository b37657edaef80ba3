package handlers

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzhttp"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/auth"
)

// bagFlash holds one sentence for the next page.
const bagFlash = "flash"

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render sends the page of the view, with the entry of the navigation lit that its route says.
func (a *app) render(w http.ResponseWriter, r *http.Request, status int, v view) error {
	v.frame().Nav = a.navOf(a.routeOf(r))
	return a.send(w, r, status, v)
}

// send executes the page of the view into a buffer and sends it. On error nothing was sent.
func (a *app) send(w http.ResponseWriter, r *http.Request, status int, v view) error {
	l := v.frame()
	l.Act = act.New()
	l.Preferences, l.Here = a.preferencesOf(r), a.page(r.URL.RequestURI())
	who := currentOf(r)
	if who == nil || !a.Sessions.Policy().NeedsReauth(who.Session) { // a session that needs re-authentication may be a thief's, who must not read it
		l.Flash = a.shown(r, bagFlash)
	}
	if who != nil {
		_, _ = a.freshCodes(r)
		l.SignedIn, l.Path = a.signedInView(who), a.wayBack(r)
		l.SignedIn.Demo = a.demoView(r, who.User)
	}
	page, ok := a.pages[v.page()]
	if !ok {
		return fmt.Errorf("no template %s", v.page())
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := page.Execute(buf, v); err != nil {
		return fmt.Errorf("render %s: %w", v.page(), err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(buf.Len())) // without it the page goes out in chunks, one write more
	if exchangeOf(r).compressible && mixesSecretsWithInput(r, status) {
		h.Set(gzhttp.HeaderNoCompression, "1")
	}
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // a client that went away is nobody's error
	return nil
}

// shown returns what the bag holds for one page to show, and takes it out. A HEAD shows none, and a page fetched ahead may
// never be seen.
func (a *app) shown(r *http.Request, key string) string {
	if r.Method == http.MethodHead || isAhead(r) {
		return a.Bag.Get(r.Context(), key)
	}
	return a.Bag.Pop(r.Context(), key)
}

// isAhead reports whether the browser fetches a page that nobody has asked for yet. Older browsers say so in their own ways.
func isAhead(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if purpose, _, _ := strings.Cut(r.Header.Get(name), ";"); strings.EqualFold(strings.TrimSpace(purpose), "prefetch") {
			return true
		}
	}
	return false
}

// flash leaves a sentence for the next page this browser opens, after one that is there already. A second press says nothing
// twice.
func (a *app) flash(r *http.Request, format string, args ...any) {
	said, sentence := a.Bag.Get(r.Context(), bagFlash), fmt.Sprintf(format, args...)
	if !strings.HasSuffix(said, sentence) {
		a.Bag.Put(r.Context(), bagFlash, strings.TrimSpace(said+" "+sentence))
	}
}

func (a *app) signedInView(v *current) *signedInView {
	now, idle, warning := time.Now(), a.Sessions.Policy().For(v.Remembered).Idle, a.Warning
	if warning >= idle { // it was set for sessions that are not remembered
		warning = idle / 2
	}
	view := &signedInView{
		Name: v.User.Name, Email: v.User.Email, Initials: initials(v.User.Name), Handle: v.ID, User: v.UserID, Administers: admin.Includes(v.User.Role, auth.RoleSupport),
		IdleText: words(idle), IdleEnds: v.IdleExpiresAt,
		IdleMS: v.IdleExpiresAt.Sub(now).Milliseconds(), AbsoluteMS: v.ExpiresAt.Sub(now).Milliseconds(),
		WarnMS: warning.Milliseconds(), Flagged: needsAnswer(v.Session),
	}
	if v.Elevated(now) {
		view.ElevatedUntil = v.ElevatedUntil
	}
	return view
}

// initials are the first letters of the first and last word of a name.
func initials(name string) string {
	var firsts []rune
	for word := range strings.FieldsSeq(name) {
		if first, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(first) || unicode.IsDigit(first) {
			firsts = append(firsts, unicode.ToUpper(first))
		}
	}
	switch len(firsts) {
	case 0:
		return "?"
	case 1:
		return string(firsts)
	}
	return string([]rune{firsts[0], firsts[len(firsts)-1]})
}

// words says a duration as people do: "30 minutes", "7 days", "1 hour 30 minutes".
func words(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}
	var parts []string
	for _, u := range units {
		if n := int(d / u.size); n > 0 && len(parts) < 2 && (u.size != 24*time.Hour || n > 1) {
			parts = append(parts, count(n, u.name))
			d -= time.Duration(n) * u.size
		}
	}
	if len(parts) == 0 {
		return "less than a second"
	}
	return strings.Join(parts, " ")
}
