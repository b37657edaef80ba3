package handlers

import "net/http"

func (a *app) landing(w http.ResponseWriter, r *http.Request) error {
	return a.render(w, r, http.StatusOK, &landingView{Demo: a.Demo})
}
