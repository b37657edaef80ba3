package handlers

import (
	"fmt"
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/learn"
)

type learnView struct {
	Layout
	Parts []partView
	Labs  bool // there are some, for whoever asks
}

// A partView is the lessons of one part of the list.
type partView struct {
	Name    string
	Lessons []lessonLine
}

type lessonLine struct{ Slug, Title, Summary string }

func (*learnView) page() string { return "learn.html" }

func (a *app) showLearn(w http.ResponseWriter, r *http.Request) error {
	v := &learnView{Labs: a.Labs != nil && isThisMachine(r)}
	for _, l := range learn.All() {
		if n := len(v.Parts); n == 0 || v.Parts[n-1].Name != l.Part {
			v.Parts = append(v.Parts, partView{Name: l.Part})
		}
		part := &v.Parts[len(v.Parts)-1]
		part.Lessons = append(part.Lessons, lessonLine{l.Slug, l.Title, l.Summary})
	}
	return a.render(w, r, http.StatusOK, v)
}

type lessonView struct {
	Layout
	Slug string
	Lab  bool // it has one, for whoever asks
}

func (*lessonView) page() string { return "lesson.html" }

// Lesson is read when the page is executed, because its body is markup: a view holds only what has to be escaped.
func (v *lessonView) Lesson() learn.Lesson {
	l, _ := learn.Find(v.Slug)
	return l
}

// Before and After are the neighbours in the list of lessons.
func (v *lessonView) Before() learn.Lesson { before, _ := learn.Around(v.Slug); return before }
func (v *lessonView) After() learn.Lesson  { _, after := learn.Around(v.Slug); return after }

func (a *app) showLesson(w http.ResponseWriter, r *http.Request) error {
	l, found := learn.Find(chi.URLParam(r, "lesson"))
	if !found {
		return statusError{code: http.StatusNotFound, heading: "There is no such lesson",
			text: "The address may be mistyped. The list has every lesson there is.", next: wayOn{"/learn", "See all lessons"}}
	}
	_, has := lab.Find(l.Slug)
	return a.render(w, r, http.StatusOK, &lessonView{Slug: l.Slug, Lab: has && a.Labs != nil && isThisMachine(r)})
}

type learnMapView struct{ Layout }

func (*learnMapView) page() string { return "learn-map.html" }

// Lessons are those of the map; see lessonView.Lesson.
func (*learnMapView) Lessons() []learn.Lesson { return learn.All() }

func (a *app) showLearnMap(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &learnMapView{})
}

// lessonLink is for the margin notes. A page with a link to a lesson that there is not cannot be read.
func lessonLink(slug string) (template.HTML, error) {
	l, found := learn.Find(slug)
	if !found {
		return "", fmt.Errorf("there is no lesson %q", slug)
	}
	return template.HTML(`<a href="/learn/` + slug + `">Lesson: ` + template.HTMLEscapeString(l.Title) + `</a>`), nil //nolint:gosec // escaped
}
