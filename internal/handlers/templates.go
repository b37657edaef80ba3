package handlers

import (
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	text "text/template"
	"time"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/ui"
)

// allPages are those of parsePages, for every portal of a process.
var allPages = sync.OnceValues(parsePages)

// parsePages returns one template for each file in ui/templates/pages, by file name: the layout, the partials and the page.
// Execute it with the view whose page method names it.
func parsePages() (map[string]*template.Template, error) {
	constants, err := parseConstants()
	if err != nil {
		return nil, fmt.Errorf("parse constants: %w", err)
	}
	base := template.New("").Funcs(funcs)
	base.Funcs(template.FuncMap{"cached": cached(base)}) // for the parser; each page has its own
	if err := parseInto(base, constants, sharedTemplates...); err != nil {
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
			page.Funcs(template.FuncMap{"cached": cached(page)})
			err = parseInto(page, constants, file)
		}
		if err != nil {
			return nil, fmt.Errorf("parse page: %w", err)
		}
		pages[path.Base(file)] = page.Lookup("layout.html")
	}
	return pages, nil
}

// maxCached bounds the addresses that are remembered for each page: those with a name in them are many.
const maxCached = 32

// cached executes a partial once for each word of ours, and for the first addresses without a query, which can be made up.
// It remembers what came out. Templates use it in place of "template" where the argument is one of a few.
func cached(page *template.Template) func(string, any) (template.HTML, error) {
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
		if !strings.HasPrefix(address, "/") || !strings.Contains(address, "?") && addresses.Add(1) <= maxCached {
			all.Store(use{partial, of}, html)
		}
		return html, nil
	}
}

var sharedTemplates = []string{"templates/layout.html", "templates/partials/*.html"}

// parseConstants returns the partials that what stands in [[ ]] uses.
func parseConstants() (*text.Template, error) {
	partials := text.New("").Funcs(funcs).Funcs(text.FuncMap{"cached": cached(nil)})
	err := eachSource(sharedTemplates, func(name, source string) error {
		_, err := partials.New(name).Parse(ui.Plain(source))
		return err
	})
	return partials, err
}

// parseInto parses the files after what stands in them in [[ ]] was written out: an icon is looked up and put together
// here, and not two dozen times in every answer.
func parseInto(t *template.Template, constants *text.Template, patterns ...string) error {
	return eachSource(patterns, func(name, source string) error {
		partials, err := constants.Clone()
		if err != nil {
			return err
		}
		written, err := partials.New("").Delims("[[", "]]").Parse(source)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		var out strings.Builder
		if err := written.Execute(&out, nil); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, err = t.New(name).Parse(out.String())
		return err
	})
}

// eachSource hands over the templates that match the patterns, by their file names.
func eachSource(patterns []string, do func(name, source string) error) error {
	for _, pattern := range patterns {
		files, err := fs.Glob(ui.FS, pattern)
		if err != nil {
			return err
		}
		for _, file := range files {
			source, err := ui.Template(file)
			if err == nil {
				err = do(path.Base(file), source)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Times are written in UTC and say so: the server does not know where the reader is.
var funcs = template.FuncMap{
	"asset":  ui.Asset,
	"brand":  func() string { return brand.Name },
	"env":    brand.Env,
	"moment": moment,
	"count":  count,
	"plans":  plans,

	"lesson": lessonLink,
}

// said says a time: "clock", "hour", "day", "end", or how long "ago". as is how page.js says it in the zone of the browser, "" for
// words that are the same everywhere, and for an hour.
func said(how string, t time.Time) (words, as string) {
	switch how {
	case "clock":
		return t.UTC().Format("2 January 2006, 15:04 UTC"), how
	case "hour":
		return t.UTC().Format("15:04 UTC"), "" // the script knows it by its look: most times are one
	case "day":
		return t.UTC().Format("Monday 2 January 2006"), how
	case "end":
		return t.UTC().Format("15:04 UTC on 2 January"), how
	}
	if words = ago(time.Since(t), t); strings.HasPrefix(words, "on ") {
		as = "date"
	}
	return words, as
}

// moment is the element of a time, in the words of said. Those of "ago, exactly" have the clock for who points at them. It is one
// call, because calls are what a page with many times costs; there is nothing in it to escape.
func moment(how string, t time.Time) template.HTML {
	attributes := ""
	if words, exactly := strings.CutSuffix(how, ", exactly"); exactly {
		clock, _ := said("clock", t)
		how, attributes = words, ` title="`+clock+`"`
	}
	words, as := said(how, t)
	if as != "" {
		attributes += ` data-as="` + as + `"`
	}
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `"` + attributes + `>` + words + `</time>`) //nolint:gosec // digits and names of months
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
