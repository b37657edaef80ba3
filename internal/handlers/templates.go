package handlers

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/ui"
)

// allPages are those of parsePages, for every portal of a process.
var allPages = sync.OnceValues(parsePages)

// parsePages returns one template for each file in ui/templates/pages, by file name: the layout, the partials and the page.
// Execute it with the view whose page method names it.
func parsePages() (map[string]*template.Template, error) {
	shared, err := template.New("").Funcs(funcs).ParseFS(ui.FS, "templates/layout.html", "templates/partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	base := template.New("").Funcs(funcs)
	base.Funcs(template.FuncMap{"kept": kept(base)}) // for the parser; each page has its own
	if err := parseInto(base, shared, "templates/layout.html", "templates/partials/*.html"); err != nil {
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
			page.Funcs(template.FuncMap{"kept": kept(page)})
			err = parseInto(page, shared, file)
		}
		if err != nil {
			return nil, fmt.Errorf("parse page: %w", err)
		}
		pages[path.Base(file)] = page.Lookup("layout.html")
	}
	return pages, nil
}

// few is the use of a partial whose argument is one of a few: a word of ours (the entry of the navigation, the look, the
// plan in the basket) or the address of the page.
var few = regexp.MustCompile(`\{\{template ("nav" \$layout\.Nav|"idle-(?:banner|dialog)" \$layout\.Path|"choices" \.Look|"plan-cards" \.Chosen)\}\}`)

// maxKept bounds the addresses that are remembered for each page: those with a name in them are many.
const maxKept = 32

// kept executes such a partial once for each word, and for the first addresses without a query, which can be made up. It
// remembers what came out.
func kept(page *template.Template) func(string, any) (template.HTML, error) {
	type use struct {
		partial string
		of      any
	}
	var (
		all       sync.Map // from use to template.HTML
		addresses atomic.Int64
	)
	return func(partial string, of any) (template.HTML, error) {
		if html, ok := all.Load(use{partial, of}); ok {
			return html.(template.HTML), nil
		}
		var out strings.Builder
		if err := page.ExecuteTemplate(&out, partial, of); err != nil {
			return "", err
		}
		html := template.HTML(out.String()) //nolint:gosec // it has just been escaped
		address, _ := of.(string)
		if !strings.HasPrefix(address, "/") || !strings.Contains(address, "?") && addresses.Add(1) <= maxKept {
			all.Store(use{partial, of}, html)
		}
		return html, nil
	}
}

// constant is the use of a partial, or of a static file, that comes out the same on every page.
var constant = regexp.MustCompile(`\{\{(?:template "([a-z-]+)"(?: (?:"([a-z-]+)"|(\d)))?|asset "([a-z0-9./-]+)")\}\}`)

// indent is for those who read the templates. A page with somebody's data in it may go out uncompressed, so browsers are
// spared it.
var indent = regexp.MustCompile(`(?m)^[ \t]+`)

// parseInto parses the files with every constant written out: an icon is looked up, escaped and put together here, and
// not two dozen times in every answer. shared has the partials.
func parseInto(t, shared *template.Template, patterns ...string) error {
	for _, pattern := range patterns {
		files, err := fs.Glob(ui.FS, pattern)
		if err != nil {
			return err
		}
		for _, file := range files {
			source, err := fs.ReadFile(ui.FS, file)
			if err != nil {
				return err
			}
			var failed error
			source = indent.ReplaceAll(source, nil)
			text := constant.ReplaceAllStringFunc(string(source), func(use string) string {
				written, err := writeOut(shared, constant.FindStringSubmatch(use))
				failed = errors.Join(failed, err)
				return written
			})
			text = few.ReplaceAllString(text, `{{kept $1}}`)
			if _, err := t.New(path.Base(file)).Parse(text); err != nil || failed != nil {
				return errors.Join(failed, err)
			}
		}
	}
	return nil
}

// writeOut executes one constant, as matched.
func writeOut(shared *template.Template, use []string) (string, error) {
	partial, word, number, file := use[1], use[2], use[3], use[4]
	if file != "" {
		return ui.Asset(file), nil
	}
	var out strings.Builder
	err := shared.ExecuteTemplate(&out, partial, word+number)
	return out.String(), err
}

// Times are written in UTC and say so: the server does not know where the reader is.
var funcs = template.FuncMap{
	"asset": ui.Asset,
	"brand": func() string { return brand.Name },
	"env":   brand.Env,
	"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"clock": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"hour":  func(t time.Time) string { return t.UTC().Format("15:04 UTC") },
	"day":   func(t time.Time) string { return t.UTC().Format("Monday 2 January 2006") },
	"ago":   func(t time.Time) string { return ago(time.Since(t), t) },
	"count": count,
	"plans": plans,
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
