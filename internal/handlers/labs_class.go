package handlers

import (
	"net/http"

	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/learn"
)

type classView struct {
	Layout
	Open     bool // the right code was given in this browser
	Labs     int
	People   []pupilView
	Problems problems
}

// A pupilView is one learner, by the name that they chose.
type pupilView struct {
	ID, Name string
	Solved   []string // titles
}

func (*classView) page() string { return "class.html" }

// mayTeach reports whether this browser gave the code that the program printed at its start.
func (a *app) mayTeach(r *http.Request) bool {
	code := a.Bag.Get(r.Context(), bagClass)
	return code != "" && a.Labs.RightCode(code)
}

func (a *app) showClass(w http.ResponseWriter, r *http.Request) error {
	return a.classAnswer(w, r, http.StatusOK, nil)
}

func (a *app) classAnswer(w http.ResponseWriter, r *http.Request, status int, wrong problems) error {
	v := &classView{Labs: len(lab.All()), Problems: wrong, Open: a.mayTeach(r)}
	if v.Open {
		for _, who := range a.Labs.Class() {
			one := pupilView{ID: who.ID, Name: who.Name}
			for _, l := range lab.All() {
				if !who.Solved[l.Lesson].IsZero() {
					lesson, _ := learn.Find(l.Lesson)
					one.Solved = append(one.Solved, lesson.Title)
				}
			}
			v.People = append(v.People, one)
		}
	}
	return a.render(w, r, status, v)
}

// teach opens the class page with its code, or takes back what one learner or all have solved.
func (a *app) teach(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "code", "reset", "learner")
	if err != nil {
		return err
	}
	switch {
	case f["reset"] != "" && a.mayTeach(r):
		if f["reset"] == "one" && f["learner"] != "" {
			a.Labs.Reset(f["learner"])
			a.flash(r, "What this learner had solved is taken back.")
		} else if f["reset"] == "all" {
			a.Labs.Reset("")
			a.flash(r, "What everybody had solved is taken back.")
		}
	case a.Labs.RightCode(f["code"]):
		if err := a.Bag.Save(r.Context(), bagClass, f["code"]); err != nil {
			return err
		}
	default:
		return a.classAnswer(w, r, http.StatusUnprocessableEntity, problems{{"code", "That is not the code. The program printed it when it was started."}})
	}
	seeOther(w, r, classPage)
	return nil
}
