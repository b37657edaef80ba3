package sessioncheck

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html
var htmlText string

var htmlPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"check": func(id string) Check { c, _ := ByID(id); return c },
	"mend":  func(id string) Mend { return Mends[id] },
}).Parse(htmlText))

// WriteHTML writes the report as one page that needs nothing else.
func (r *Report) WriteHTML(w io.Writer) error {
	return htmlPage.Execute(w, map[string]any{
		"Report": r, "Summary": r.summary(),
		"Found": r.sorted(Finding), "Unclear": r.sorted(Inconclusive), "Passed": r.sorted(Passed), "Skipped": r.sorted(Skipped),
	})
}
