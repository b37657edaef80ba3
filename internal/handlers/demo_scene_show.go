package handlers

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
)

// sceneView is the page of one scene of the guided demo: what to do, and then what changed, why, and which code did it.
type sceneView struct {
	Layout
	sceneText
	Scene     string
	Stage     string    // "", "waiting", "open", "here", "lost" or "done"; the script loads the page again when it changes
	Begun     time.Time // zero before the first press
	Device    string    // that the scene is about
	Handle    string    // of its session
	Phone     phoneView
	Exchanges []exchangeView
	Changes   []changeView
	Ended     []endedSessionCard
	Payments  []paymentView
	Events    []eventView
	Emails    []devEmailView
}

func (*sceneView) page() string { return "scene.html" }

// NextScene is the name of the scene after this one, "" behind the last.
func (v *sceneView) NextScene() string {
	if v.Number < 1 || v.Number >= len(guide) {
		return ""
	}
	return guide[v.Number]
}

// NextTitle is the title of that scene.
func (v *sceneView) NextTitle() string { return sceneTexts[v.NextScene()].Title }

// Waiting reports whether something is about to happen that the page shows by itself.
func (v *sceneView) Waiting() bool { return v.Stage == "waiting" }

// showScene shows the latest run of a scene.
func (a *app) showScene(w http.ResponseWriter, r *http.Request) error {
	v, err := a.lookAtScene(r)
	if err == nil && !v.Begun.IsZero() {
		err = a.fillEmails(r, v)
	}
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, v)
}

// sceneStage is what the script of the page asks for: how far the scene is. It is no use of the session, and no page, which would
// show the message that another page is to show.
func (a *app) sceneStage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.lookAtScene(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]string{"stage": v.Stage})
}

// lookAtScene reads the latest run of a scene.
func (a *app) lookAtScene(r *http.Request) (v *sceneView, err error) {
	text, ok := sceneTexts[sceneOf(r)]
	if !ok {
		return nil, notFoundError()
	}
	v = &sceneView{Scene: sceneOf(r), sceneText: text}
	switch v.Scene {
	case scenePassword:
		err = a.fillPassword(r, v)
	case scenePay:
		err = a.fillPay(r, v)
	default:
		err = a.fillScene(r, v)
	}
	return v, err
}

// fillEmails shows what was sent since the scene began.
func (a *app) fillEmails(r *http.Request, v *sceneView) error {
	emails, err := a.Outbox.Box(r.Context(), currentOf(r).UserID)
	for _, l := range emails {
		if !l.At.Before(v.Begun) {
			v.Emails = append(v.Emails, emailViewOf(l))
		}
	}
	return err
}

// lostAfter is how long a scene may take. After that the instance that held the token is gone, or the browser came back late.
const lostAfter = 25 * time.Second

// fillScene shows what a press has begun.
func (a *app) fillScene(r *http.Request, v *sceneView) error {
	who := currentOf(r)
	scene, err := a.Demos.Scene(r.Context(), who.UserID, v.Scene)
	if errors.Is(err, audit.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.Begun, v.Stage = scene.At, "done"
	if v.Scene == demo.SceneThief && !scene.Done {
		v.Stage = "waiting"
		if time.Since(scene.At) > lostAfter {
			v.Stage = "lost"
		}
	}
	if v.Scene == demo.SceneSecondDevice {
		return a.fillSecondDevice(r, v, scene)
	}
	after := scene.After
	x, err := a.Sessions.Session(r.Context(), who.UserID, scene.Session)
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	if !scene.Done {
		after = demo.RowOf(x)
	}
	v.Device, v.Handle = device.Parse(x.UserAgent).Name, scene.Session
	v.Changes = changesOf(scene.Before, after)
	for _, e := range scene.Exchanges {
		v.Exchanges = append(v.Exchanges, a.exchangeView(e))
	}
	v.Events, err = a.eventsSince(r, scene.Session, scene.At)
	return err
}

// eventsSince are those of a session since a time, in the words of the activity page, the first one first.
func (a *app) eventsSince(r *http.Request, handle string, since time.Time) (lines []eventView, err error) {
	const most = 10
	events, err := a.Audit.Events(r.Context(), currentOf(r).UserID, audit.Filter{Session: handle, Kinds: shownKinds, Limit: most})
	for _, e := range slices.Backward(events) {
		if !e.At.Before(since) {
			lines = append(lines, eventLine(e))
		}
	}
	return lines, err
}
