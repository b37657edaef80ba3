package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
)

const (
	// bagDemoLink holds the token of the link for a second screen, to be shown to whoever made it.
	bagDemoLink = "demo.link"
	// phonePage is the beginning of the addresses of those links.
	phonePage = "/demo/phone/"
)

// A phoneView is a link for a second screen, as its maker sees it.
type phoneView struct {
	Link    string
	Picture picture // of the link; none on plain http, which no phone reaches
	Until   time.Time
}

// phoneOpenView is the page of such a link on the second screen.
type phoneOpenView struct {
	Layout
	Path  string
	Name  string // of the account
	Until time.Time
	Own   bool // this browser is signed in to the same account
	Other bool // or to another one
	Over  bool // the link opens nothing any more
	Never bool // and never did
}

func (*phoneOpenView) page() string { return "phone.html" }

// offerLink makes a link for a second screen.
func (a *app) offerLink(w http.ResponseWriter, r *http.Request) error {
	v, place := currentOf(r), scenePage+demo.SceneSecondDevice
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	token, err := a.Demos.OfferLink(r.Context(), v.Session, v.User, a.Bag.Get(r.Context(), bagDemoPassword), press, clientOf(r))
	if err != nil {
		return err
	}
	a.answered(r)
	a.Bag.Put(r.Context(), bagDemoLink, token)
	seeOther(w, r, place)
	return nil
}

// fillSecondDevice shows the link while it works, then the session that it has opened, and then its end.
func (a *app) fillSecondDevice(r *http.Request, v *sceneView, scene demo.Scene) error {
	opened, err := a.Demos.SecondScreen(r.Context(), scene.UserID)
	if err == nil && opened != "" {
		return a.fillOpened(r, v, scene, opened)
	}
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	v.Stage = "lost"
	token := a.Bag.Get(r.Context(), bagDemoLink)
	_, link, err := a.Auth.CheckDemoLink(r.Context(), token, auth.PurposePhone)
	if errors.Is(err, auth.ErrLinkOver) || errors.Is(err, audit.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.Stage, v.Phone = "waiting", phoneView{Link: a.BaseURL.JoinPath(phonePage, token).String(), Until: link.ExpiresAt}
	if a.https() {
		v.Phone.Picture, err = draw(v.Phone.Link)
	}
	return err
}

// fillOpened shows the session that the link has opened, which may be the one that looks.
func (a *app) fillOpened(r *http.Request, v *sceneView, scene demo.Scene, handle string) error {
	x, err := a.Sessions.Session(r.Context(), scene.UserID, handle)
	if err != nil {
		return err
	}
	v.Device, v.Handle, v.Stage = device.Parse(x.UserAgent).Name, x.ID, "open"
	switch {
	case x.ID == currentOf(r).ID:
		v.Stage = "here"
	case !x.EndedAt.IsZero():
		before := x
		before.EndedAt, before.EndReason, before.EndedBy = time.Time{}, "", ""
		v.Stage, v.Changes = "done", changesOf(demo.RowOf(before), demo.RowOf(x))
	}
	v.Events, err = a.eventsSince(r, x.ID, scene.At)
	return err
}

// showPhone shows a button: whatever follows links signs nobody in.
func (a *app) showPhone(w http.ResponseWriter, r *http.Request) error {
	proof, link, err := a.Auth.CheckDemoLink(r.Context(), chi.URLParam(r, "token"), auth.PurposePhone)
	if err != nil {
		return a.phoneOver(w, r, err)
	}
	if currentOf(r) != nil {
		return a.phoneTaken(w, r, link)
	}
	return a.render(w, r, http.StatusOK, &phoneOpenView{Path: r.URL.Path, Name: proof.User().Name, Until: link.ExpiresAt})
}

// openPhone signs this browser in to the demo of the link. Where somebody is signed in it does not: they would be in another
// account all of a sudden, with what they type next.
func (a *app) openPhone(w http.ResponseWriter, r *http.Request) error {
	proof, link, err := a.Auth.CheckDemoLink(r.Context(), chi.URLParam(r, "token"), auth.PurposePhone)
	if err != nil {
		return a.phoneOver(w, r, err)
	}
	if currentOf(r) != nil {
		return a.phoneTaken(w, r, link)
	}
	err = a.openDemo(w, r, proof, link.Password, home)
	if errors.Is(err, auth.ErrConflict) { // another browser was first
		return a.phoneOver(w, r, auth.ErrLinkOver)
	}
	if err != nil {
		return err
	}
	seeOther(w, r, home)
	return nil
}

// phoneTaken refuses a link in a browser in which somebody is signed in.
func (a *app) phoneTaken(w http.ResponseWriter, r *http.Request, link auth.DemoLink) error {
	own := currentOf(r).UserID == link.UserID
	return a.render(w, r, http.StatusForbidden, &phoneOpenView{Own: own, Other: !own, Until: link.ExpiresAt})
}

// phoneOver answers for a link that opens nothing.
func (a *app) phoneOver(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case errors.Is(err, audit.ErrNotFound):
		return a.render(w, r, http.StatusNotFound, &phoneOpenView{Never: true})
	case errors.Is(err, auth.ErrLinkOver):
		return a.render(w, r, http.StatusGone, &phoneOpenView{Over: true})
	}
	return err
}
