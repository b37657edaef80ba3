package handlers

import (
	"html"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The first page has a way in for each of its readers, and every link of it leads to a page with the part that it names.
func TestLandingLeadsSomewhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	page := b.Get("/").Want(http.StatusOK).Says("Look around").Says("Start a product").Says("Teach").Says("Are you still there?")
	main := page.Body[strings.Index(page.Body, "<main"):strings.Index(page.Body, "</main>")]
	links := regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(main, -1)
	for _, link := range links {
		path, part, _ := strings.Cut(html.UnescapeString(link[1]), "#")
		if body := b.Get(path).Want(http.StatusOK).Body; part != "" && !strings.Contains(body, `id="`+part+`"`) {
			t.Errorf("%s has no part %s", path, part)
		}
	}
	for _, want := range []string{"/learn/source#read", "/learn/source#fork", "/learn/source#licence", "/learn", "/signup"} {
		if !strings.Contains(main, `href="`+want+`"`) {
			t.Errorf("no link to %s", want)
		}
	}
	if n := strings.Count(main, "<li>"+`<svg class="icon"`); n == 0 || n > 6 {
		t.Errorf("got %d claims, want a few", n)
	}
}

// The licence that the page shows is that of the project.
func TestSourceShowsTheLicence(t *testing.T) {
	t.Parallel()
	licence, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	body := html.UnescapeString(newPortal(t).browser().Get("/learn/source").Want(http.StatusOK).Body)
	if !strings.Contains(body, strings.TrimSpace(string(licence))) {
		t.Error("the page shows another licence than LICENSE")
	}
}
