package main

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/learn"
	"example.com/gatehouse/ui"
)

// page is Gatehouse's own template of /plans without its indent. All contenders write the same bytes; these execute all of
// it for each request, where Gatehouse has written out beforehand what is the same on every page.
var page = pageOf("plans.html")

func pageOf(name string) *template.Template {
	return parse("templates/layout.html", "templates/partials/*.html", "templates/pages/"+name)
}

func parse(patterns ...string) *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"asset": ui.Asset,
		"brand": func() string { return brand.Name },
		"env":   brand.Env,
		"moment": func(how string, t time.Time) template.HTML {
			attributes := ""
			if words, exactly := strings.CutSuffix(how, ", exactly"); exactly {
				how, attributes = words, ` title="`+said("clock", t)+`"`
			} else if how != "hour" && how != "ago" {
				attributes = ` data-as="` + how + `"`
			}
			return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `"` + attributes + `>` + said(how, t) + `</time>`) //nolint:gosec // escaped
		},
		"count": func(n int, thing string) string { return fmt.Sprintf("%d %ss", n, thing) },
		"plans": func() []plan { return plans },
		"lesson": func(slug string) (template.HTML, error) {
			l, found := learn.Find(slug)
			if !found {
				return "", fmt.Errorf("there is no lesson %q", slug)
			}
			return template.HTML(`<a href="/learn/` + slug + `">Lesson: ` + template.HTMLEscapeString(l.Title) + `</a>`), nil //nolint:gosec // escaped
		},
	})
	for _, pattern := range patterns {
		files, err := fs.Glob(ui.FS, pattern)
		for _, file := range files {
			source, readErr := ui.Template(file)
			_, parseErr := t.New(path.Base(file)).Parse(ui.Plain(source))
			err = errors.Join(err, readErr, parseErr)
		}
		if err != nil {
			panic(err) // the templates are part of this program
		}
	}
	return t.Lookup("layout.html")
}

func said(how string, t time.Time) string {
	switch how {
	case "clock":
		return t.UTC().Format("2 January 2006, 15:04 UTC")
	case "hour":
		return t.UTC().Format("15:04 UTC")
	case "end":
		return t.UTC().Format("15:04 UTC on 2 January")
	case "day":
		return t.UTC().Format("Monday 2 January 2006")
	}
	return fmt.Sprintf("%d hours ago", time.Since(t)/time.Hour)
}

// view has what the template reads, under the names it reads it by.
type view struct {
	Layout
	Chosen      string
	Unavailable bool
	Lost        bool
	Problems    problems
}

// Layout is the part that every page has.
type Layout struct {
	Nav, Path, Flash string
	SignedIn         *signedIn
	Preferences      struct {
		Theme    string
		NotesOff bool
		NoNotes  bool
		GuideOff bool
	}
	Here     string
	Act      string
	Unwarned bool
}

type signedIn struct {
	Name, Email, Initials, Handle, User string
	Administers, Flagged                bool
	IdleText                            string
	IdleEnds, ElevatedUntil             time.Time
	IdleMS, AbsoluteMS, WarnMS          int64
	Demo                                *demo
}

type demo struct {
	Until    time.Time
	Password string
	Changed  bool
}

type plan struct {
	Key, Name, Price, Text string
	Includes               []string
}

// plans are looked up once: they are part of the page, not of the session.
var plans = func() (all []plan) {
	for _, p := range billing.Plans {
		price := "Free"
		if !p.Free() {
			price = p.Price.String() + " a month"
		}
		all = append(all, plan{p.Key, p.Name, price, p.Text, p.Includes})
	}
	return all
}()

type problems []struct{ Field, Text string }

func (problems) On(string) string { return "" }

// write executes the page for somebody with a plan in the basket.
func write(w io.Writer, name, email, basket string) error {
	now := time.Now()
	v := view{Chosen: basket, Layout: Layout{Nav: "plans", Path: "/plans", Here: "/plans", SignedIn: &signedIn{
		Name: name, Email: email, Initials: "GH", Handle: "AAAAAAAAAAAAAAAAAAAAAAAAAA", User: "BBBBBBBBBBBBBBBBBBBBBBBBBB",
		IdleText: "30 minutes", IdleEnds: now.Add(30 * time.Minute), IdleMS: 1_800_000, AbsoluteMS: 86_400_000, WarnMS: 120_000,
	}}}
	return page.Execute(w, v)
}
