package handlers

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

const (
	// stealAfter is longer than any request with a token that was replaced is on its way.
	stealAfter = session.RotationGrace + 200*time.Millisecond
	// stealTries is how often it is asked, once a second, whether the browser has brought its next token.
	stealTries = 15
)

// stealLater has somebody else use a token a moment after it was replaced. The token is in no row and no bag.
func (a *app) stealLater(token string, scene demo.Scene) {
	a.later(stealAfter, func() { a.steal(token, scene, stealTries) })
}

// later does something after a while.
func (a *app) later(d time.Duration, do func()) {
	if a.After != nil {
		a.After(d, do)
		return
	}
	time.AfterFunc(d, do)
}

// steal uses the token once its browser has the next one: before that it would be a browser whose answer was lost.
func (a *app) steal(token string, scene demo.Scene, tries int) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	x, err := a.Sessions.Session(ctx, scene.UserID, scene.Session)
	switch {
	case err != nil || !x.EndedAt.IsZero() || !x.RotatedAt.Equal(scene.At): // the page says that nothing came of it
		return
	case x.UnclaimedSince.IsZero():
	case tries > 0:
		a.later(time.Second, func() { a.steal(token, scene, tries-1) })
		return
	default:
		return
	}
	scene.Exchanges = append(scene.Exchanges, a.knock(ctx, demo.Thief(), token))
	if x, err = a.Sessions.Session(ctx, scene.UserID, scene.Session); err == nil {
		scene.After = demo.RowOf(x)
		err = a.Demos.Finish(ctx, scene)
	}
	if err != nil {
		a.Log.ErrorContext(ctx, "scene not finished", "scene", scene.Name, "session", scene.Session, "err", err)
	}
}

// knock sends a request through the front door of this portal, as a client with a cookie sends it from elsewhere.
func (a *app) knock(ctx context.Context, c device.Client, token string) demo.Exchange {
	cookie := a.Bag.Cookie()
	r := (&http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: home}, RequestURI: home, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Host: a.BaseURL.Host, RemoteAddr: net.JoinHostPort(c.IP, "443"), Body: http.NoBody,
		Header: http.Header{"Cookie": {cookie.Name + "=" + token}, "User-Agent": {c.UserAgent}, "Accept": {typePage}},
	}).WithContext(ctx)
	answer := &heldAnswer{header: http.Header{}, status: http.StatusOK}
	e := demo.Exchange{
		At: time.Now().UTC(), From: c.IP, Agent: device.Parse(c.UserAgent).Name, Method: r.Method, Path: home, Token: demo.Shown(auth.HashToken(token)),
	}
	a.routes.ServeHTTP(answer, r)
	e.Status, e.Location = answer.status, answer.header.Get("Location")
	for _, set := range (&http.Response{Header: answer.header}).Cookies() {
		switch {
		case set.Name != cookie.Name:
		case set.MaxAge < 0:
			e.Cookie = "deleted"
		default:
			e.Cookie = "set"
		}
	}
	return e
}
