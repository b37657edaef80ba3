package handlers

import (
	"net/http"
	"regexp"
)

// letterLinks finds the addresses of pages in a letter. The bare address of the portal leads nowhere in particular.
var letterLinks = regexp.MustCompile(`https?://[^\s<>"/]+/[^\s<>"]*[^\s<>".,;:!?)]`)

// devMail shows the letters of a development portal, which go nowhere else. Production does not have this route.
func (a *app) devMail(w http.ResponseWriter, r *http.Request) error {
	v := &devMailView{}
	for _, l := range a.Outbox.Letters() {
		v.Letters = append(v.Letters, letterView{To: l.To, Subject: l.Subject, Text: l.Text, At: l.At, Links: letterLinks.FindAllString(l.Text, -1)})
	}
	return a.render(w, r, http.StatusOK, v)
}
