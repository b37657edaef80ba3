package handlers

import (
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// A situation is what comes before a request, and what is sent with it.
type situation struct {
	words  string
	plain  bool           // nothing comes before
	before func(v *visit) // done by the owner of the account, in another browser
	here   func(v *visit) // done in the browser that asks, whoever that is
	query  string         // of a GET
	typed  []string       // into the form of a POST; see fill
	send   func(v *visit, address string) *webtest.Answer
	also   []string // brief people for whom it is different
}

// situationsOf are all of a route, the plain one first.
func situationsOf(t *testing.T, route recordRoute) []situation {
	t.Helper()
	plain := situation{plain: true}
	switch {
	case strings.HasSuffix(route.pattern, "/begin") || strings.HasSuffix(route.pattern, "/passkey/finish"):
		plain.words, plain.send = "by a script", asScript
	case route.pattern == "/session/state":
		plain.words = "by a script"
	case routeParameter.MatchString(route.pattern):
		plain.words = "unknown"
	case route.method == http.MethodPost:
		plain.words = "with nothing typed in"
	}
	more, known := situations[route.String()]
	if routeParameter.MatchString(route.pattern) && !known {
		t.Errorf("%s: add to situations how somebody comes by an address that is good", route)
	}
	return append([]situation{plain}, more...)
}

// A visit is a browser, ready to make one request.
type visit struct {
	*recordAccount
	b      *browser
	param  string   // in the place of the route's parameter
	handle string   // in the place of {handle}, where the route has two
	typed  []string // names and values, in turn
	device *passkeyDevice
}

// unknown is what no route knows anything by.
const unknown = "UNKNOWN"

var routeParameter = regexp.MustCompile(`{[a-z]+}`)

// visit makes everything ready. Pages are asked by one browser of each person where nothing comes before; whatever may
// change something begins with a fresh account.
func (s situation) visit(route recordRoute, who recordPerson, p *portal, shared map[string]*visit) *visit {
	alone := route.method == http.MethodGet && s.before == nil && s.here == nil
	if v := shared[who.name]; alone && v != nil {
		return v
	}
	v := &visit{recordAccount: newRecordAccount(p, who.demo), param: unknown}
	if s.before != nil {
		s.before(v)
	}
	if alone {
		shared[who.name] = v
		if !who.demo {
			v.elsewhere() // so that there is another session to be shown; a demo has some
		}
	}
	v.b = who.signIn(v.recordAccount)
	if s.here != nil {
		s.here(v)
	}
	return v
}

// ask makes the request.
func (s situation) ask(v *visit, route recordRoute) *webtest.Answer {
	address := strings.Replace(v.address(route.pattern), "*", "app.css", 1)
	switch {
	case s.send != nil:
		return s.send(v, address)
	case route.method == http.MethodGet:
		return v.b.Get(address + s.query)
	}
	typed := slices.Concat(v.typed, v.fill(s.typed))
	page := v.b.Get(v.address(formPage(route.pattern)))
	if strings.Contains(page.Body, `action="`+address+`"`) {
		return v.b.Submit(page, address, typed...)
	}
	return v.b.Post(address, typed...) // as if the form had been open since before
}

func (v *visit) address(pattern string) string {
	if v.handle != "" {
		pattern = strings.Replace(pattern, "{handle}", v.handle, 1)
	}
	return routeParameter.ReplaceAllLiteralString(pattern, v.param)
}

// formPage is the page that the form of a POST is on: its own address, but for these.
func formPage(pattern string) string {
	switch pattern {
	case "/basket", "/logout", "/preferences", "/session/extend":
		return "/plans"
	case "/demo", "/password/reset/{token}": // a GET of the second takes the token away from there
		return "/"
	}
	for _, part := range []string{"/remove", "/rename", "/finish", "/download", "/stop", "/done"} {
		if page, ok := strings.CutSuffix(pattern, part); ok {
			return page
		}
	}
	return pattern
}

// fill puts what the account has in the place of its name.
func (v *visit) fill(typed []string) (filled []string) {
	for _, text := range typed {
		switch text {
		case "{email}":
			text = v.email
		case "{password}":
			text = v.password
		case "{code}":
			text = v.code()
		case "{another email}":
			text = webtest.Email()
		}
		filled = append(filled, text)
	}
	return filled
}

// follows takes the parameter out of the link in an email.
func (v *visit) follows(to, about string) {
	v.param = path.Base(linkIn(v.p.t, v.p.email(to, about)))
}
