package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// besides asks for what no walk over the routes comes by.
func (r *record) besides(t *testing.T, p *portal) {
	t.Helper()
	nobody, member := newRecordAccount(p, false).browser(), newRecordAccount(p, false).signIn()
	for _, ask := range recordRequests {
		title := ask.method + " " + ask.address
		if ask.words != "" {
			title += ", " + ask.words
		}
		r.note(title, "nobody", ask.by(nobody))
		r.note(title, "member", ask.by(member))
	}
	r.fromElsewhere(t, p)
	r.tooLarge(t, p)
	r.afterGuesses(t, p)
	r.timedOut(t, p)
}

// A recordRequest is one that the walk does not make.
type recordRequest struct {
	method, address, words string
	headers                []string // names and values, in turn; "" takes one away
}

var recordRequests = []recordRequest{
	{method: "HEAD", address: "/login"},
	{method: "HEAD", address: "/account"},
	{method: "HEAD", address: "/nothing"},
	{method: "GET", address: "/nothing"},
	{method: "POST", address: "/nothing"},
	{method: "PUT", address: "/account/profile"},
	{method: "DELETE", address: "/account"},
	{method: "OPTIONS", address: "/login"},
	{method: "GET", address: "/logout"},
	{method: "POST", address: "/account"},
	{method: "HEAD", address: "/static/app.css"},
	{method: "POST", address: "/static/app.css"},
	{method: "GET", address: "/static/nothing.css"},
	{method: "GET", address: "/account", words: "by a script", headers: []string{"Accept", "application/json"}},
	{method: "GET", address: "/account", words: "by a link of another site", headers: []string{"Sec-Fetch-Site", "cross-site"}},
	{method: "POST", address: "/login", words: "by a script", headers: []string{"Content-Type", "application/json"}},
	{method: "POST", address: "/login/passkey/finish", words: "as a form"},
	{method: "POST", address: "/login", words: "with nothing that says where it comes from", headers: []string{"Sec-Fetch-Site", "", "Origin", ""}},
	{method: "GET", address: "/session/state", words: "opened as a page", headers: []string{"Sec-Fetch-Dest", "document"}},
	{method: "GET", address: "/session/state", words: "by another site", headers: []string{"Sec-Fetch-Site", "cross-site"}},
	{method: "GET", address: "/plans", words: "with a token that is nobody's", headers: []string{"Cookie", "__Host-id=" + strings.Repeat("A", 43)}},
	{method: "GET", address: "/plans", words: "with a cookie that is no token", headers: []string{"Cookie", "__Host-id=A"}},
	{method: "GET", address: "/plans", words: "with two tokens", headers: []string{"Cookie", "__Host-id=A; __Host-id=B"}},
}

func (ask recordRequest) by(b *browser) recordAnswer {
	request := b.Request(ask.method, ask.address)
	for i := 0; i < len(ask.headers); i += 2 {
		request.Header.Del(ask.headers[i])
		if ask.headers[i+1] != "" {
			request.Header.Set(ask.headers[i], ask.headers[i+1])
		}
	}
	twin := browser{b.Twin(), b.p} // so that the answer to one request is not what the next is about
	return readAnswer(twin.Do(request), asIs)
}

func asIs(text string) string { return text }

// each asks in one way for every route whose method and pattern have something in them.
func (r *record) each(t *testing.T, p *portal, title, having string, ask func(route recordRoute, address string) recordAnswer) {
	t.Helper()
	for _, route := range recordRoutes(t, p) {
		if strings.Contains(route.String(), having) {
			address := strings.Replace(routeParameter.ReplaceAllLiteralString(route.pattern, unknown), "*", "app.css", 1)
			r.noteEach(title, route, ask(route, address))
		}
	}
}

func (r *record) fromElsewhere(t *testing.T, p *portal) {
	t.Helper()
	b := newRecordAccount(p, false).elevated()
	r.each(t, p, "Each POST, sent by another site to somebody elevated", "POST ", func(_ recordRoute, address string) recordAnswer {
		return recordRequest{method: "POST", address: address, headers: []string{"Sec-Fetch-Site", "cross-site"}}.by(b)
	})
}

// tooLarge is about the forms that are read at all.
func (r *record) tooLarge(t *testing.T, p *portal) {
	t.Helper()
	b := newRecordAccount(p, false).elevated()
	r.each(t, p, "Each POST, of 64 KiB and more, by somebody elevated", "POST ", func(_ recordRoute, address string) recordAnswer {
		answer := b.Post(address, "password", strings.Repeat("x", 64<<10))
		if answer.StatusCode != http.StatusRequestEntityTooLarge { // it may have changed something
			b = newRecordAccount(p, false).elevated()
		}
		return recordAnswer{kind: kindBare, status: fmt.Sprint(answer.StatusCode)}
	})
}

// afterGuesses follows invented links until the portal has had enough of them.
func (r *record) afterGuesses(t *testing.T, p *portal) {
	t.Helper()
	b, enough := newRecordAccount(p, false).browser(), 0
	for b.Get("/email/confirm/"+unknown).StatusCode == http.StatusNotFound {
		if enough++; enough > 1000 {
			t.Fatal("a network may follow a thousand invented links")
		}
	}
	title := fmt.Sprintf("Each route with a {token}, from a network that followed %d invented links", enough)
	r.each(t, p, title, "{token}", func(route recordRoute, address string) recordAnswer {
		return readAnswer(b.Do(b.Request(route.method, address)), asIs)
	})
}

// timedOut is about the cookies that a browser is left with whose session was not used for too long.
func (r *record) timedOut(t *testing.T, p *portal) {
	t.Helper()
	late := map[recordRoute]*browser{}
	for _, route := range recordRoutes(t, p) {
		late[route] = newRecordAccount(p, false).signIn()
	}
	time.Sleep(testPolicy.Idle)
	r.each(t, p, "Each route, with the cookie of a session that timed out", "", func(route recordRoute, address string) recordAnswer {
		bare := recordAnswer{kind: kindBare, status: "these cookies"}
		for _, c := range late[route].Do(late[route].Request(route.method, address)).Cookies() {
			bare.special = append(bare.special, cookieWords(c))
		}
		if bare.special == nil {
			bare.status = "no cookie"
		}
		return bare
	})
}
