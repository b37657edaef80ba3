package handlers

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/learn"
)

const (
	labsPage  = "/labs"
	classPage = "/labs/class"
)

// What the bag holds of a learner. Nobody else can tell the portal who somebody is here, or what they have solved.
const (
	bagLearner = "labs.learner"
	bagSolved  = "labs.solved" // lines of a lesson and a time
	bagClass   = "labs.class"  // the code of the class page
)

// requireThisMachine lets only this machine in: a lab sends requests for whoever asks.
func (a *app) requireThisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isThisMachine(r) {
			a.fail(w, r, notFoundError())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isThisMachine reports whether the request comes from the machine of the portal, as its connection and its proxies say. A proxy or
// a tunnel that runs here asks for others without being one of the proxies: it gives itself away by the host that it was asked for,
// or by what it adds to the request.
func isThisMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	client, errClient := netip.ParseAddr(clientOf(r).IP)
	return err == nil && errClient == nil && peer.Addr().Unmap().IsLoopback() && client.Unmap().IsLoopback() &&
		isLoopbackHost(r.Host) && !isForwarded(r)
}

func isLoopbackHost(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	addr, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// isForwarded reports whether the headers name somebody who is not on this machine, whoever wrote them.
func isForwarded(r *http.Request) bool {
	for _, name := range []string{"Via", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	if host := r.Header.Get("X-Forwarded-Host"); host != "" && !isLoopbackHost(host) {
		return true
	}
	return slices.ContainsFunc([]string{forwarded.XForwardedFor, forwarded.Forwarded}, func(name string) bool {
		if r.Header.Get(name) == "" {
			return false
		}
		c := forwarded.Proxies{Trusted: thisMachine, Header: name}.Find(r.RemoteAddr, r.Header)
		return !c.Proxy || c.Problem != ""
	})
}

var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// limitLab takes a press from what one network may do in labs.
func (a *app) limitLab(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, wait := a.Guard.FromNetwork(r.Context(), guard.Labs, clientOf(r)); wait > 0 {
			return limitError(wait, "That was often", "Many buttons of labs were pressed from your network. Please try again in "+wordsOfWait(wait)+".")
		}
		return h(w, r)
	}
}

type labsView struct {
	Layout
	Labs     []labLine
	Solved   int
	Name     string
	Problems problems
}

type labLine struct {
	Lesson, Title, Goal string
	Solved              bool
}

func (*labsView) page() string { return "labs.html" }

// maxLearnerName is how long a name may be, in characters.
const maxLearnerName = 40

func (a *app) showLabs(w http.ResponseWriter, r *http.Request) error {
	return a.labsList(w, r, http.StatusOK, a.Labs.NameOf(a.learner(r)), nil)
}

func (a *app) labsList(w http.ResponseWriter, r *http.Request, status int, name string, wrong problems) error {
	v := &labsView{Name: name, Problems: wrong}
	done := map[string]bool{}
	for _, d := range a.progress(r) {
		done[d.Lesson] = true
	}
	for _, l := range lab.All() {
		lesson, _ := learn.Find(l.Lesson)
		v.Labs = append(v.Labs, labLine{l.Lesson, lesson.Title, l.Goal, done[l.Lesson]})
	}
	v.Solved = len(done)
	return a.render(w, r, status, v)
}

// nameLearner keeps the name under which a teacher sees this learner. None is a name as well.
func (a *app) nameLearner(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "name")
	if err != nil {
		return err
	}
	name := strings.Join(strings.Fields(device.Printable(f["name"])), " ")
	if utf8.RuneCountInString(name) > maxLearnerName {
		return a.labsList(w, r, http.StatusUnprocessableEntity, name, problems{{"name", "Use at most 40 characters."}})
	}
	id, err := a.beLearner(r)
	if err != nil {
		return err
	}
	a.Labs.Call(id, name)
	a.flash(r, "Your name in the class is saved.")
	seeOther(w, r, labsPage)
	return nil
}

// learner is who learns in this browser, "" for somebody who has not begun.
func (a *app) learner(r *http.Request) string { return a.Bag.Get(r.Context(), bagLearner) }

// beLearner makes whoever uses this browser a learner, if they are none.
func (a *app) beLearner(r *http.Request) (string, error) {
	id := a.learner(r)
	if id == "" {
		id = rand.Text()
		if err := a.Bag.Save(r.Context(), bagLearner, id); err != nil {
			return "", err
		}
	}
	a.Labs.See(id, a.progress(r))
	return id, nil
}

// progress is what this browser's learner has solved, but for what a teacher took back.
func (a *app) progress(r *http.Request) (done []lab.Done) {
	reset := a.Labs.ResetAt(a.learner(r))
	for line := range strings.SplitSeq(a.Bag.Get(r.Context(), bagSolved), "\n") {
		lesson, at, _ := strings.Cut(line, " ")
		if when, err := time.Parse(time.RFC3339Nano, at); err == nil && when.After(reset) {
			done = append(done, lab.Done{Lesson: lesson, At: when})
		}
	}
	return done
}

// keepProgress keeps that a lab was solved.
func (a *app) keepProgress(r *http.Request, lesson string, at time.Time) error {
	var lines []string
	for _, d := range a.progress(r) {
		if d.Lesson == lesson {
			return nil
		}
		lines = append(lines, d.Lesson+" "+d.At.Format(time.RFC3339Nano))
	}
	err := a.Bag.Save(r.Context(), bagSolved, strings.Join(append(lines, lesson+" "+at.Format(time.RFC3339Nano)), "\n"))
	if err == nil {
		a.Labs.See(a.learner(r), a.progress(r))
	}
	return err
}

// exportProgress is what was solved as one file.
func (a *app) exportProgress(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Disposition", `attachment; filename="labs.json"`)
	return writeJSON(w, http.StatusOK, struct {
		Name   string     `json:"name"`
		Solved []lab.Done `json:"solved"`
		Of     int        `json:"of"`
	}{a.Labs.NameOf(a.learner(r)), append([]lab.Done{}, a.progress(r)...), len(lab.All())})
}
