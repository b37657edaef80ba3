package ui

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Static().ServeHTTP(w, r)
	res := w.Result()
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var hashed = regexp.MustCompile(`^/static/(fonts/)?[a-z]+\.[0-9a-f]{8}\.[a-z0-9]+$`)

func TestHashedNamesMayBeKeptForEver(t *testing.T) {
	for _, tt := range []struct{ name, contentType string }{
		{"app.css", "text/css; charset=utf-8"},
		{"icons.svg", "image/svg+xml"},
		{"fonts/ahn.woff2", "font/woff2"},
	} {
		url := Asset(tt.name)
		if !hashed.MatchString(url) {
			t.Errorf("Asset(%q): got %q, want a hash in the name", tt.name, url)
		}
		res := get(t, "GET", url)
		if res.StatusCode != 200 || len(body(t, res.Body)) == 0 {
			t.Errorf("GET %s: got %s, want 200 and the file", url, res.Status)
		}
		if got, want := res.Header.Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
			t.Errorf("GET %s: got Cache-Control %q, want %q", url, got, want)
		}
		if got := res.Header.Get("Content-Type"); got != tt.contentType {
			t.Errorf("GET %s: got Content-Type %q, want %q", url, got, tt.contentType)
		}
	}
}

func TestPlainNamesAreAskedForAgain(t *testing.T) {
	for _, encoding := range []string{"identity", "gzip"} {
		first := get(t, "GET", "/static/app.css", "Accept-Encoding", encoding)
		if got := first.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: got Cache-Control %q, want no-cache", encoding, got)
		}
		again := get(t, "GET", "/static/app.css", "Accept-Encoding", encoding, "If-None-Match", first.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || body(t, again.Body) != "" {
			t.Errorf("%s: got %s, want 304 without a body", encoding, again.Status)
		}
	}
}

func TestTextIsCompressedForThoseWhoAskForIt(t *testing.T) {
	plain := get(t, "GET", "/static/app.css")
	want := body(t, plain.Body)
	for _, tt := range []struct {
		accept string
		gzip   bool
	}{
		{"gzip", true}, {"br, GZIP;q=0.5", true}, {"gzip;q=0", false}, {"gzip; q=0.0", false}, {"identity", false},
		{"x-gzip-like", false}, {"", false},
	} {
		res := get(t, "GET", "/static/app.css", "Accept-Encoding", tt.accept)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != tt.gzip {
			t.Errorf("Accept-Encoding %q: got gzip %v, want %v", tt.accept, got, tt.gzip)
		}
		if got := res.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: got Vary %q, want Accept-Encoding", tt.accept, got)
		}
		if !tt.gzip {
			continue
		}
		if res.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("Accept-Encoding %q: got the ETag of other bytes", tt.accept)
		}
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, z); got != want {
			t.Errorf("Accept-Encoding %q: got %d bytes unpacked, want the %d of the file", tt.accept, len(got), len(want))
		}
	}
	if res := get(t, "GET", "/static/fonts/ahn.woff2", "Accept-Encoding", "gzip"); res.Header.Get("Content-Encoding") != "" {
		t.Error("got a font compressed again")
	}
}

func TestOnlyFilesAreServed(t *testing.T) {
	for _, path := range []string{
		"/static/", "/static", "/static/fonts", "/static/fonts/", "/static/nothing.css", "/static/app.00000000.css",
		"/static/../ui.go", "/static/fonts/../app.css", "/static//app.css", "/static/../templates/layout.html", "/templates/layout.html",
	} {
		res := get(t, "GET", path)
		if got := res.Header.Get("Content-Type"); res.StatusCode != 404 || !strings.HasPrefix(got, "text/plain") {
			t.Errorf("GET %s: got %s %s, want 404 as plain text", path, res.Status, got)
		}
		if got := res.Header.Get("Cache-Control"); got != "" {
			t.Errorf("GET %s: got Cache-Control %q on an error", path, got)
		}
	}
	if res := get(t, "HEAD", Asset("app.css")); res.StatusCode != 200 || body(t, res.Body) != "" {
		t.Errorf("HEAD: got %s, want 200 without a body", res.Status)
	}
	if res := get(t, "POST", Asset("app.css")); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: got %s, Allow %q, want 405", res.Status, res.Header.Get("Allow"))
	}
}

func TestEveryReferenceInTheStyleSheetIsHashed(t *testing.T) {
	sheet := body(t, get(t, "GET", Asset("app.css")).Body)
	found := reference.FindAllStringSubmatch(sheet, -1)
	if len(found) != strings.Count(sheet, "url(") || len(found) == 0 {
		t.Errorf("got %d references rewritten, want all %d", len(found), strings.Count(sheet, "url("))
	}
	for _, one := range found {
		if res := get(t, "GET", one[1]); !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: got %s, Cache-Control %q, want a hashed name", one[1], res.Status, res.Header.Get("Cache-Control"))
		}
	}
}

// A font that changes has to change the name of the sheet too, or browsers would keep the sheet with the old font for
// a year.
func TestTheNameOfASheetCoversWhatItRefersTo(t *testing.T) {
	name := func(font string) string {
		return load(fstest.MapFS{
			"static/a.css":   {Data: []byte(`@font-face { src: url("f.woff2") }`)},
			"static/f.woff2": {Data: []byte(font)},
		})["/static/a.css"].url
	}
	if one, other := name("one"), name("other"); one == other {
		t.Errorf("got %s with both fonts, want two names", one)
	}
}

func TestEveryFileHasAType(t *testing.T) {
	for name, a := range assets {
		if a.contentType == "" {
			t.Errorf("%s: got no content type", name)
		}
	}
}

func TestAnUnknownNameIsAMistake(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Asset of an unknown name: got no panic")
		}
	}()
	Asset("nothing.css")
}
