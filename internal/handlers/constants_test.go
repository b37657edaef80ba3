package handlers

import (
	"bytes"
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
