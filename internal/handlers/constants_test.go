package handlers

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/ui"
)

// What is written out or remembered saves time, and must not be seen: each page is byte for byte what its template says,
// but for the indent of its lines.
func TestConstantsComeOutTheSame(t *testing.T) {
	t.Parallel()
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	indent := regexp.MustCompile(`(?m)^[ \t]+`)
	for _, s := range samples(time.Now()) {
		asWritten := template.New("").Funcs(funcs)
		for _, pattern := range append(slices.Clone(sharedTemplates), "templates/pages/"+s.view.page()) {
			files, err := fs.Glob(ui.FS, pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				source, err := fs.ReadFile(ui.FS, file)
				if err != nil {
					t.Fatal(err)
				}
				template.Must(asWritten.New(path.Base(file)).Parse(ui.Plain(string(source))))
			}
		}
		var got, want bytes.Buffer
		if err := pages[s.view.page()].Execute(&got, s.view); err != nil {
			t.Fatal(err)
		}
		if err := asWritten.ExecuteTemplate(&want, "layout.html", s.view); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), indent.ReplaceAll(want.Bytes(), nil)) {
			t.Errorf("%s: got another page than the template makes:\n%s", s.name, got.String())
		}
	}
}

// Addresses can be made up, so only so many are remembered for a page, none with a query. Words of ours always are. What is
// not remembered still comes out right.
func TestCacheHasABound(t *testing.T) {
	t.Parallel()
	executed := 0
	page := template.Must(template.New("").Funcs(template.FuncMap{"executed": func() string { executed++; return "" }}).
		Parse(`{{define "piece"}}{{executed}}{{.}}{{end}}`))
	piece := cached(page)
	for _, tt := range []struct {
		of       string // its number and an ampersand follow
		executed int    // when each of the many is asked for twice
	}{{"/plans?", 2 * many}, {"/", 2*many - maxCached}, {"word ", many}} {
		executed = 0
		for range 2 {
			for i := range many {
				of := fmt.Sprintf("%s%d", tt.of, i)
				if got, err := piece("piece", of+"&"); err != nil || string(got) != of+"&amp;" {
					t.Fatalf("%q: got %q, %v", of, got, err)
				}
			}
		}
		if executed != tt.executed {
			t.Errorf("%d of %q: executed %d times, want %d", many, tt.of, executed, tt.executed)
		}
	}
}

const many = 3 * maxCached
