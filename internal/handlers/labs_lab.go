package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/learn"
)

type labView struct {
	Layout
	Lesson   string
	Begun    bool
	Version  string // of the twin
	Facts    lab.Facts
	Log      []lab.Exchange
	Attack   lab.Attack // as it was sent last
	Given    string     // to the victim
	SolvedAt time.Time  // zero for not yet
	Before   bool       // it was solved before this twin was set up
	Outcome  *lab.Outcome
	Problems problems
}

func (*labView) page() string { return "lab.html" }

// Lab and Title are read when the page is executed; see lessonView.Lesson.
func (v *labView) Lab() lab.Lab {
	l, _ := lab.Find(v.Lesson)
	return l
}

func (v *labView) Title() string {
	l, _ := learn.Find(v.Lesson)
	return l.Title
}

// Open is whether the solution is shown.
func (v *labView) Open() bool { return v.Before || !v.SolvedAt.IsZero() }

func (a *app) labOf(r *http.Request) (lab.Lab, error) {
	l, found := lab.Find(chi.URLParam(r, "lesson"))
	if !found {
		return l, statusError{code: http.StatusNotFound, heading: "There is no such lab",
			text: "The address may be mistyped, or the lesson has no lab. The list has every lab there is.", next: wayOn{labsPage, "See all labs"}}
	}
	return l, nil
}

func labPage(l lab.Lab) string { return labsPage + "/" + l.Lesson }

func (a *app) showLab(w http.ResponseWriter, r *http.Request) error {
	l, err := a.labOf(r)
	if err != nil {
		return err
	}
	b := a.Labs.Bench(a.learner(r), l.Lesson)
	attack := lab.Attack{Method: http.MethodGet, Path: l.Target}
	if b != nil {
		attack = b.Last()
	}
	return a.labAnswer(w, r, http.StatusOK, l, &labView{Attack: attack})
}

// labAnswer shows the page of a lab, with what was typed.
func (a *app) labAnswer(w http.ResponseWriter, r *http.Request, status int, l lab.Lab, v *labView) error {
	v.Lesson, v.Version = l.Lesson, lab.WithMistake
	for _, d := range a.progress(r) {
		v.Before = v.Before || d.Lesson == l.Lesson
	}
	if b := a.Labs.Bench(a.learner(r), l.Lesson); b != nil {
		v.Begun, v.Version, v.Facts, v.Log, v.SolvedAt, v.Outcome = true, b.Version, b.Facts(), b.Log(), b.Solved(), b.Outcome()
	}
	return a.render(w, r, status, v)
}

// doLab sets up the twin of a lab, lets its victim do something, or sends what the learner wrote. What turns it green is what
// happened on the twin by that, or by requests of the learner's own.
func (a *app) doLab(w http.ResponseWriter, r *http.Request) error {
	l, err := a.labOf(r)
	if err != nil {
		return err
	}
	f, err := form(r, "do", "version", "move", "given", "method", "path", "cookie", "bodies", "at-once", "from-page")
	if err != nil {
		return err
	}
	id, err := a.beLearner(r)
	if err != nil {
		return err
	}
	b := a.Labs.Bench(id, l.Lesson)
	red := b == nil || b.Solved().IsZero()
	attack := lab.Attack{Method: f["method"], Path: f["path"], Cookie: f["cookie"], Bodies: f["bodies"], AtOnce: f["at-once"] != "", FromPage: f["from-page"] != ""}
	field := ""
	switch do := f["do"]; {
	case do == "begin":
		b, err = a.Labs.Begin(id, l.Lesson, f["version"])
		field = "version"
	case b == nil:
		err = lab.RefusalError("Begin the lab first: it has no twin yet, or was not used for an hour.")
	case do == "move":
		err = b.Act(f["move"], f["given"])
		field = "given-" + f["move"]
	case do == "attack":
		err = b.Send(attack)
		field = "path"
	case do == "portal":
		err = a.sameOnPortal(r, b)
	default:
		err = lab.RefusalError("There is no such button on this page.")
	}
	if refusal, is := errors.AsType[lab.RefusalError](err); is {
		if b == nil || field == "given-"+f["move"] && !l.Asks(f["move"]) {
			field = ""
		}
		return a.labAnswer(w, r, http.StatusUnprocessableEntity, l, &labView{Attack: attack, Given: f["given"], Problems: problems{{field, refusal.Error()}}})
	}
	if err != nil {
		return err
	}
	at := b.Solved()
	if !at.IsZero() {
		if err := a.keepProgress(r, l.Lesson, at); err != nil {
			return err
		}
	}
	if red && !at.IsZero() { // the news is at the top
		seeOther(w, r, labPage(l))
		return nil
	}
	seeOther(w, r, labPage(l)+partsOfLab[f["do"]])
	return nil
}

// partsOfLab are where on the page people see what a button did.
var partsOfLab = map[string]string{"begin": "#people", "move": "#victim", "attack": "#log", "portal": "#portal"}

// sameOnPortal makes the steps of a lab here, as any browser could, before nobody's eyes but this learner's. The requests know
// nothing of the one that they are made in.
func (a *app) sameOnPortal(r *http.Request, b *lab.Bench) error {
	if b.Solved().IsZero() {
		return lab.RefusalError("Solve the lab on its twin first. Then see what becomes of the same steps here.")
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin/2)
	defer cancel()
	header := http.Header{"User-Agent": {r.UserAgent()}}
	if via := r.Header.Values(a.Proxies.Header); via != nil {
		header[a.Proxies.Header] = via
	}
	return b.TryPortal(ctx, lab.Portal{
		Handler: a.routes, Origin: a.BaseURL.String(), Cookie: a.Bag.Cookie().Name, Demo: a.Demo, Header: header, Remote: r.RemoteAddr,
	})
}

// A checkJSON tells a script whether a lab is solved.
type checkJSON struct {
	Lesson string `json:"lesson"`
	Solved bool   `json:"solved"`
}

// checkLab says whether the lab of this learner is solved, and keeps it if it is.
func (a *app) checkLab(w http.ResponseWriter, r *http.Request) error {
	l, err := a.labOf(r)
	if err != nil {
		return err
	}
	b, solved := a.Labs.Bench(a.learner(r), l.Lesson), false
	for _, d := range a.progress(r) {
		solved = solved || d.Lesson == l.Lesson
	}
	if b != nil && !b.Solved().IsZero() && !solved {
		if err := a.keepProgress(r, l.Lesson, b.Solved()); err != nil {
			return err
		}
		solved = true
	}
	if a.wantsJSON(w, r) {
		return writeJSON(w, http.StatusOK, checkJSON{l.Lesson, solved})
	}
	if solved {
		a.flash(r, "It is solved, and kept in your progress.")
	} else {
		a.flash(r, "It is not solved yet: its effect was not seen on your twin.")
	}
	seeOther(w, r, labPage(l))
	return nil
}
