package handlers

import "net/http"

type landingView struct {
	Layout
	Demo bool // "Try the demo" is offered
}

func (*landingView) page() string { return "landing.html" }

func (a *app) landing(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &landingView{Demo: a.Demo})
}

// sourceView says how to read, fork and use the program.
type sourceView struct{ Layout }

func (*sourceView) page() string { return "source.html" }

func (a *app) showSource(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &sourceView{})
}
