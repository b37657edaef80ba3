package handlers

import (
	"context"
	"errors"
	"net/http"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
)

// playDevice opens a page on a device of the story, signs it out from here, and opens the page there again. Its token is made for
// this and gone with the answer.
func (a *app) playDevice(w http.ResponseWriter, r *http.Request) error {
	v, place := currentOf(r), scenePage+demo.SceneDevices
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	live, err := a.Sessions.Sessions(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	chosen, some := demo.Choose(live)
	if !some {
		return statusError{code: http.StatusConflict, heading: "No other device is left", text: "Every device of the story is signed out by now, so nothing was " +
			"changed. Sign in on a second screen, and sign that out.", next: wayOn{scenePage + demo.SceneSecondDevice, "A second screen"}}
	}
	scene, token, err := a.Demos.Play(r.Context(), chosen, actor(r), press)
	if errors.Is(err, auth.ErrEnded) { // not this session, which goes on
		err = auth.ErrConflict
	}
	if err != nil {
		return err
	}
	a.answered(r)
	if err := a.signOutPlayed(r, scene, demo.ClientOf(chosen), token); err != nil {
		return err
	}
	seeOther(w, r, place)
	return nil
}

// signOutPlayed asks for a page there, signs the device out from here, and asks again.
func (a *app) signOutPlayed(r *http.Request, scene demo.Scene, there device.Client, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	first := a.knock(ctx, there, token)
	before, err := a.Sessions.Session(ctx, scene.UserID, scene.Session)
	if err != nil {
		return err
	}
	if _, err := a.Sessions.Revoke(ctx, actor(r), scene.Session, nil); err != nil && !errors.Is(err, auth.ErrEnded) {
		return err
	}
	scene.Exchanges = []demo.Exchange{first, a.knock(ctx, there, token)}
	over, err := a.Sessions.Session(ctx, scene.UserID, scene.Session)
	if err != nil {
		return err
	}
	scene.Before, scene.After = demo.RowOf(before), demo.RowOf(over)
	return a.Demos.Finish(ctx, scene)
}
