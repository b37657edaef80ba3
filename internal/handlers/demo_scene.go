package handlers

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/session"
)

// scenePage is the beginning of the addresses of scenes.
const scenePage = "/demo/scene/"

// requireDemo lets nobody through but the owners of demo accounts: for others there is nothing here.
func (a *app) requireDemo(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !currentOf(r).User.IsDemo() {
			a.fail(w, r, notFoundError())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sceneOf is the name of the scene in an address. That of the warning has a line of its own in the table, without a parameter.
func sceneOf(r *http.Request) string { return cmp.Or(chi.URLParam(r, "scene"), demo.SceneWarning) }

// beginScene does what a scene begins with, and leads to its page.
func (a *app) beginScene(w http.ResponseWriter, r *http.Request) error {
	switch name := sceneOf(r); name {
	case demo.SceneThief:
		return a.beginThief(w, r)
	case demo.SceneWarning:
		return a.shorten(w, r, name, demo.LastMinute, a.leadsTo)
	case demo.SceneExpire:
		return a.shorten(w, r, name, 0, a.endsAt)
	case demo.SceneDevices:
		return a.playDevice(w, r)
	case demo.SceneSecondDevice:
		return a.offerLink(w, r)
	}
	return notFoundError()
}

// shorten leaves this session so much time. The page that it leads to only looks, so it does not extend it.
func (a *app) shorten(w http.ResponseWriter, r *http.Request, name string, left time.Duration, keep func(*http.Request, string) (*act.Record, error)) error {
	press, err := keep(r, scenePage+name)
	if err != nil {
		return err
	}
	scene, err := a.Demos.Shorten(r.Context(), name, currentOf(r).Session, left, press, clientOf(r))
	if err != nil {
		return err
	}
	a.answered(r)
	if left == 0 {
		a.findOver(r, scene)
	}
	seeOther(w, r, scenePage+name)
	return nil
}

// findOver asks for a page with the token of this session, whose time is up: that is the request which finds it.
func (a *app) findOver(r *http.Request, scene demo.Scene) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	token, _ := a.Bag.Token(r)
	asked := a.knock(ctx, clientOf(r), token)
	asked.From = audit.Recorded(scene.UserID, clientOf(r)).IP // limits need all of the address, the account's rows do not
	scene.Exchanges = append(scene.Exchanges, asked)
	x, err := a.Sessions.Session(ctx, scene.UserID, scene.Session)
	if err == nil {
		scene.After = demo.RowOf(x)
		err = a.Demos.Finish(ctx, scene)
	}
	if err != nil { // the page reads the row
		a.Log.ErrorContext(ctx, "scene not finished", "scene", scene.Name, "session", scene.Session, "err", err)
	}
}

// beginThief gives this session its next token. The one before is kept in the memory of this instance alone, for a moment.
func (a *app) beginThief(w http.ResponseWriter, r *http.Request) error {
	v, place := currentOf(r), scenePage+demo.SceneThief
	stolen, _ := a.Bag.Token(r)
	var scene demo.Scene
	err := a.rotate(r, place, false, func(next session.NewToken) (_ bag.Session, err error) {
		scene, err = a.Demos.Renew(r.Context(), v.Session, next, clientOf(r))
		return a.openedAs(v.Session), err
	})
	if err != nil {
		return err
	}
	a.stealLater(stolen, scene)
	seeOther(w, r, place)
	return nil
}
