package learn

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

//go:embed lessons/*.md
var files embed.FS

// markdown leaves out HTML that stands in a text, which is its default.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Table))

// mustRead panics on a lesson that is not as it has to be: it is a part of the program and the same at every start.
func mustRead() []Lesson {
	lessons, err := read()
	if err != nil {
		panic(err)
	}
	return lessons
}

// read returns the lessons in the order of their files, whose names begin with a number.
func read() ([]Lesson, error) {
	names, err := fs.Glob(files, "lessons/*.md")
	if err != nil {
		return nil, err
	}
	lessons := make([]Lesson, 0, len(names))
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		l, err := parse(string(source))
		if err != nil {
			return nil, fmt.Errorf("learn: %s: %w", name, err)
		}
		_, l.Slug, _ = strings.Cut(strings.TrimSuffix(path.Base(name), ".md"), "-")
		lessons = append(lessons, l)
	}
	return lessons, nil
}

// parse reads lines of "key: value" up to the first empty line, and the text behind it.
func parse(source string) (l Lesson, err error) {
	front, text, found := strings.Cut(source, "\n\n")
	if !found {
		return l, errors.New("no empty line between what leads to the code and the text")
	}
	for line := range strings.SplitSeq(front, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		if err := l.set(key, strings.TrimSpace(value)); err != nil {
			return l, fmt.Errorf("%q: %w", line, err)
		}
	}
	var page bytes.Buffer
	err = markdown.Convert([]byte(text), &page)
	l.Markdown, l.Body = text, template.HTML(page.String()) //nolint:gosec // made of our own files, at start
	return l, err
}

func (l *Lesson) set(key, value string) error {
	switch key {
	case "part":
		l.Part = value
	case "title":
		l.Title = value
	case "summary":
		l.Summary = value
	case "attack":
		l.Attack = value
	case "no attack":
		l.NoAttack = value
	case "no defence":
		l.NoDefence = value
	case "hazard":
		l.Hazards = append(l.Hazards, value)
	case "check":
		l.Checks = list(value)
	case "asvs":
		l.ASVS = list(value)
	case "wstg":
		l.WSTG = list(value)
	case "cwe":
		l.CWE = list(value)
	case "beside":
		at, name, _ := strings.Cut(value, " ")
		l.Beside = append(l.Beside, Page{at, name})
	case "defence":
		parts := strings.Split(value, " | ")
		if len(parts) != 3 {
			return errors.New("want a file and a function | a test | a mutant")
		}
		file, name, _ := strings.Cut(parts[0], " ")
		l.Defences = append(l.Defences, Defence{file, name, parts[1], parts[2]})
	default:
		return errors.New("no such key")
	}
	return nil
}

func list(value string) []string { return strings.Split(value, ", ") }
