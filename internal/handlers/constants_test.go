package handlers

import (
	"bytes"
	"fmt"
	"html/template"
	"testing"
	"time"

	"example.com/gatehouse/ui"
)

// What is written out before parsing saves time, and must not be seen: each page is byte for byte what its template says,
// but for the indent of its lines.
func TestConstantsComeOutTheSame(t *testing.T) {
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples(time.Now()) {
		asWritten, err := template.New("layout.html").Funcs(funcs).ParseFS(ui.FS,
			"templates/layout.html", "templates/partials/*.html", "templates/pages/"+s.view.page())
		if err != nil {
			t.Fatal(err)
		}
		var got, want bytes.Buffer
		if err := pages[s.view.page()].Execute(&got, s.view); err != nil {
			t.Fatal(err)
		}
		if err := asWritten.Execute(&want, s.view); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), indent.ReplaceAll(want.Bytes(), nil)) {
			t.Errorf("%s: got another page than the template makes:\n%s", s.name, got.String())
		}
	}
}

// Addresses can be made up, so only so many pieces of a page are remembered. The others still come out right.
func TestKeptHasABound(t *testing.T) {
	executed := 0
	page := template.Must(template.New("").Funcs(template.FuncMap{"executed": func() string { executed++; return "" }}).
		Parse(`{{define "piece"}}{{executed}}{{.}}{{end}}`))
	piece := kept(page)
	const addresses = 3 * maxKept
	for range 2 {
		for i := range addresses {
			if got, err := piece("piece", fmt.Sprintf("/?%d&", i)); err != nil || string(got) != fmt.Sprintf("/?%d&amp;", i) {
				t.Fatalf("got %q, %v", got, err)
			}
		}
	}
	if want := 2*addresses - maxKept; executed != want {
		t.Errorf("executed %d times, want %d", executed, want)
	}
}
