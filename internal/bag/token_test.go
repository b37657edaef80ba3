package bag

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/internal/session"
)

var (
	ours = regexp.MustCompile(`(?:^|;)[ \t\r\n]*__Host-id[ \t\r\n]*(?:=|;|$)`)
	// honest is what a browser sends that has one cookie of ours.
	honest = regexp.MustCompile(`^(?:[a-z]{1,9}=[a-z]{0,9}; ){0,9}__Host-id=([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])(?:; [a-z]{1,9}=[a-z]{0,9}){0,9}$`)
)

// FuzzToken reads any two Cookie headers: a token is taken from exactly one cookie of our name, and has its form, and an
// honest browser's is always taken. Nothing a browser sends is written back in a header as it came.
func FuzzToken(f *testing.F) {
	token := strings.Repeat("A", 43)
	f.Add("__Host-id="+token, "")
	f.Add("theme=dark; __Host-id="+token+"; lang=de", "")
	f.Add("__Host-id="+token+"; __Host-id="+token, "")
	f.Add("__Host-id="+token, "__Host-id="+token)
	f.Add("__Host-id="+token, "__Host-id")
	f.Add("__Host-id="+token+`;__Host-id="`, `;`)
	f.Add(`a=b;__Host-id="`+token+`";; =x`, "__HOST-ID="+token)
	f.Add(`__Host-id ="; __Host-id=`+token, "")
	f.Add("__Host-id="+token, "\u00a0__Host-id=x")
	f.Add("\u2000__Host-id=x; __Host-id="+token, "\f__Host-id=x")
	f.Add(strings.Repeat("a=b; ", 3000)+"__Host-id="+token, "__Host-ended="+strings.Repeat("x", 65))
	f.Add("__Host-id =x; __Host-ended=a\r\nb; __Host-pending=\x00", "__Host-ended=ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	f.Add("__Host-id ="+token, "0")
	m := New(memoryBags{}, testSealer(f), true, false, silent)
	f.Fuzz(func(t *testing.T, one, two string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Cookie"] = []string{one, two}
		got, ok := m.Token(r)
		n := len(ours.FindAllString(one, -1)) + len(ours.FindAllString(two, -1))
		if ok {
			if raw, err := base64.RawURLEncoding.Strict().DecodeString(got); err != nil || len(raw) != 32 {
				t.Errorf("%q, %q: got %q, which is no token", one, two, got)
			}
			if n != 1 || !strings.Contains(one+"\n"+two, "__Host-id="+got) {
				t.Errorf("%q, %q: got %q of %d cookies of that name, want the value of the only one", one, two, got, n)
			}
		} else if sent := honest.FindStringSubmatch(one); sent != nil && n == 1 {
			t.Errorf("%q, %q: refused", one, two)
		}
		row := Session{}
		if ok {
			row = Session{Token: got, State: session.Unknown}
		}
		w := httptest.NewRecorder()
		unanswered := func(http.ResponseWriter, *http.Request, error) { t.Error("unavailable") }
		m.Serve(w, r, row, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }), unanswered)
		for _, line := range w.Header()["Set-Cookie"] {
			if c, err := http.ParseSetCookie(line); err != nil || c.Value != "" || c.MaxAge >= 0 {
				t.Errorf("%q, %q: nobody got the cookie %q", one, two, line)
			}
		}
	})
}
