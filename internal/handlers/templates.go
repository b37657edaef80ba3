package handlers

import (
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"time"

	"example.com/gatehouse/ui"
)

// parsePages returns one template for each file in ui/templates/pages, by file name: the layout, the partials and the page.
// Execute it with the view whose page method names it.
func parsePages() (map[string]*template.Template, error) {
	base, err := template.New("layout.html").Funcs(funcs).ParseFS(ui.FS, "templates/layout.html", "templates/partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	files, err := fs.Glob(ui.FS, "templates/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	pages := make(map[string]*template.Template, len(files))
	for _, file := range files {
		page, err := base.Clone()
		if err == nil {
			page, err = page.ParseFS(ui.FS, file)
		}
		if err != nil {
			return nil, fmt.Errorf("parse page: %w", err)
		}
		pages[path.Base(file)] = page
	}
	return pages, nil
}

// Times are written in UTC and say so: the server does not know where the reader is.
var funcs = template.FuncMap{
	"asset": ui.Asset,
	"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"clock": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"hour":  func(t time.Time) string { return t.UTC().Format("15:04 UTC") },
	"day":   func(t time.Time) string { return t.UTC().Format("Monday 2 January 2006") },
	"ago":   func(t time.Time) string { return ago(time.Since(t), t) },
	"count": count,
}

// ago says how long d, the time since t, is, as roughly as people do.
func ago(d time.Duration, t time.Time) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute") + " ago"
	case d < day:
		return count(int(d/time.Hour), "hour") + " ago"
	case d < 2*day:
		return "yesterday"
	case d < 30*day:
		return count(int(d/day), "day") + " ago"
	}
	return "on " + t.UTC().Format("2 January 2006")
}

// count says "1 session", "2 sessions".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
