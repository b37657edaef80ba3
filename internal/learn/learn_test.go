package learn

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// parts are the headings that every lesson has, in this order. A lesson may have more in between.
var parts = []string{
	"The attack", "The defence", "Try it", "What it does not protect against", "What code written without thought gets wrong",
}

func TestLessons(t *testing.T) {
	t.Parallel()
	if len(All()) < 20 {
		t.Errorf("got %d lessons, want at least 20", len(All()))
	}
	seen := map[string]bool{"map": true} // which is a page of its own
	for _, l := range All() {
		if seen[l.Slug] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(l.Slug) {
			t.Errorf("%q: want a name of its own, of words with hyphens", l.Slug)
		}
		seen[l.Slug] = true
		if l.Part == "" || l.Title == "" || l.Summary == "" {
			t.Errorf("%s: part, title or summary is missing", l.Slug)
		}
		if n := words(l.Markdown); n < 300 || n > 600 {
			t.Errorf("%s: %d words, want 300 to 600", l.Slug, n)
		}
		var headings []string
		for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(l.Markdown, -1) {
			if slices.Contains(parts, m[1]) {
				headings = append(headings, m[1])
			}
		}
		if !slices.Equal(headings, parts) {
			t.Errorf("%s: got the parts %q, want %q", l.Slug, headings, parts)
		}
		if strings.Contains(string(l.Body), "raw HTML omitted") || !strings.Contains(string(l.Body), "<h2>The attack</h2>") {
			t.Errorf("%s: its text holds HTML, or was not made into a page", l.Slug)
		}
	}
}

// The pages for the two questions that everybody asks answer in their first sentence.
func TestQuestionsAreAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	for slug, want := range map[string]string{
		"how-long":         "For most portals 30 minutes without use and 24 hours in all are right",
		"sessions-or-jwts": "For people who sign in to a website with a browser, use sessions on the server",
	} {
		if l, _ := Find(slug); !strings.HasPrefix(l.Markdown, want) || !strings.HasSuffix(l.Title, "?") {
			t.Errorf("%s: got %.80q, want the answer first", slug, l.Markdown)
		}
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	first, second, last := All()[0], All()[1], All()[len(All())-1]
	if before, after := Around(first.Slug); before.Slug != "" || after.Slug != second.Slug {
		t.Errorf("around the first: %q, %q", before.Slug, after.Slug)
	}
	if before, after := Around(last.Slug); before.Slug == "" || after.Slug != "" {
		t.Errorf("around the last: %q, %q", before.Slug, after.Slug)
	}
	if before, after := Around("nothing"); before.Slug != "" || after.Slug != "" {
		t.Errorf("around none: %q, %q", before.Slug, after.Slug)
	}
}

// A lesson that is not as it has to be is refused when the program starts.
func TestParse(t *testing.T) {
	t.Parallel()
	const right = "title: T\ndefence: a.go F | a.TestF | It holds.\nbeside: /account Overview\n\nText."
	l, err := parse(right)
	if err != nil || l.Title != "T" || l.Defences[0] != (Defence{"a.go", "F", "a.TestF", "It holds."}) || l.Beside[0] != (Page{"/account", "Overview"}) {
		t.Errorf("got %+v, %v", l, err)
	}
	for _, wrong := range []string{"title: T", "titel: T\n\nText.", "defence: a.go F | a.TestF\n\nText.", "\n\nText."} {
		if _, err := parse(wrong); err == nil {
			t.Errorf("%q was read, want an error", wrong)
		}
	}
	if l, err := parse("title: T\n\n<script>alert(1)</script>"); err != nil || strings.Contains(string(l.Body), "<script") {
		t.Errorf("got %q, %v", l.Body, err)
	}
}

func words(text string) (n int) {
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}
