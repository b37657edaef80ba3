package handlers

import (
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/internal/learn"
	"example.com/gatehouse/ui"
)

// Every lesson is read signed out, leads to the next one, and its links lead somewhere.
func TestLessonsAreForEverybody(t *testing.T) {
	t.Parallel()
	b := newPortal(t).browser()
	list, chain := b.Get("/learn").Want(http.StatusOK), b.Get("/learn/map").Want(http.StatusOK)
	b.Get("/").Want(http.StatusOK).Says("Read the lessons")
	checked := map[string]bool{}
	for _, l := range learn.All() {
		path := "/learn/" + l.Slug
		for _, page := range []string{list.Body, chain.Body} {
			if !strings.Contains(page, `<a href="`+path+`">`) {
				t.Errorf("%s is not on the list, or not on the map", path)
			}
		}
		page := b.Get(path).Want(http.StatusOK).Says(l.Title)
		if strings.Contains(page.Body, "<script") || len(b.Cookies) > 0 {
			t.Errorf("%s: got a script, or the cookies %v", path, b.Cookies)
		}
		for _, m := range regexp.MustCompile(`href="(/learn[^"#]*)`).FindAllStringSubmatch(page.Body, -1) {
			if !checked[m[1]] {
				b.Get(m[1]).Want(http.StatusOK)
			}
			checked[m[1]] = true
		}
	}
}

// A name that is no lesson is answered with the way to those there are, whatever it contains.
func TestUnknownLesson(t *testing.T) {
	t.Parallel()
	b := newPortal(t).browser()
	for _, name := range append(hostile, "nothing", "THE-WRISTBAND", "the-wristband.md", "..%2f..%2fetc%2fpasswd", "%00", "the-wristband%20", "{{.}}", "map%2f") {
		res := b.Get("/learn/" + strings.ReplaceAll(url.PathEscape(name), "%25", "%")).Want(http.StatusNotFound).Says("There is no such lesson").Says("See all lessons")
		if strings.Contains(res.Body, "<img") || strings.Contains(res.Body, `onfocus="x`) {
			t.Errorf("%q: the name is markup on the page", name)
		}
	}
	b.Get("/learn/the-wristband/nothing").Want(http.StatusNotFound)
	b.Post("/learn/the-wristband").Want(http.StatusMethodNotAllowed)
}

// A lesson and the notes beside what it explains lead to each other.
func TestLessonsAndNotes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Nora")
	p.signedIn(u) // elsewhere too: some notes are about others
	b, visitor := p.signedIn(u), p.browser()
	for _, l := range learn.All() {
		for _, page := range l.Beside {
			who := b
			if page.Path == "/login" || page.Path == "/signup" || page.Path == "/password/forgot" {
				who = visitor
			}
			if res := who.Get(page.Path).Want(http.StatusOK); !strings.Contains(res.Body, `<a href="/learn/`+l.Slug+`">`) {
				t.Errorf("%s says that a note of %s leads to it; none does", l.Slug, page.Path)
			}
		}
	}
	notes, err := fs.Glob(ui.FS, "templates/pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	linked := 0
	for _, file := range notes {
		source, err := fs.ReadFile(ui.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		linked += strings.Count(string(source), `[[lesson "`)
	}
	if linked < 40 {
		t.Errorf("got %d notes that lead to a lesson, want most of them", linked)
	}
}
