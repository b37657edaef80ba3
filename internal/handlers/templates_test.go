package handlers

import (
	"bytes"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"
	"golang.org/x/net/html"

	"example.com/gatehouse/ui"
)

// views is one of every kind.
var views = []view{
	&landingView{}, &signUpView{}, &signUpSentView{}, &confirmView{}, &signInView{}, &signedOutView{}, &reauthView{},
	&overviewView{}, &sessionsView{}, &endSessionView{}, &endSessionsView{}, &securityView{}, &passwordView{}, &passkeysView{}, &onePasskeyView{},
	&billingView{}, &checkoutView{}, &receiptView{}, &paymentMethodView{}, &profileView{},
	&forgotView{}, &forgotSentView{}, &resetView{}, &emailView{}, &emailConfirmView{}, &emailUndoView{}, &linkOverView{}, &deleteView{}, &exportView{},
	&activityView{}, &recogniseView{}, &secureView{}, &inspectorView{}, &plansView{}, &errorView{}, &devMailView{},
	&learnView{}, &lessonView{}, &learnMapView{}, &sourceView{}, &labsView{}, &labView{}, &classView{}, &verifyView{}, &totpView{}, &recoveryCodesView{},
}

func TestEveryPageFitsItsView(t *testing.T) {
	t.Parallel()
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		page, ok := pages[v.page()]
		if !ok {
			t.Errorf("%T: got no template %s", v, v.page())
			continue
		}
		if err := templatecheck.CheckHTML(page, v); err != nil {
			t.Errorf("%T: %v", v, err)
		}
		delete(pages, v.page())
	}
	for name := range pages {
		t.Errorf("got a template %s that no view owns: add its view to views", name)
	}
}

// What is wrong with a form stands on top, where the focus goes.
func TestEveryFormSaysItsProblems(t *testing.T) {
	t.Parallel()
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, v := range views {
		filled := reflect.New(reflect.TypeOf(v).Elem())
		field := filled.Elem().FieldByName("Problems")
		if !field.IsValid() {
			continue
		}
		field.Set(reflect.ValueOf(problems{{"", "Something is wrong."}}))
		var b bytes.Buffer
		if err := pages[v.page()].Execute(&b, filled.Interface()); err != nil {
			t.Fatal(err)
		}
		if found++; !strings.Contains(b.String(), "There is a problem") {
			t.Errorf(`%s does not say what is wrong: write {{template "problems" .Problems}}`, v.page())
		}
	}
	if found < 10 {
		t.Errorf("got %d pages with problems, want those of all forms", found)
	}
}

func TestEveryPageIsSoundMarkup(t *testing.T) {
	t.Parallel()
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range samples(time.Now()) {
		seen[s.view.page()] = true
		t.Run(s.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := pages[s.view.page()].Execute(&b, s.view); err != nil {
				t.Fatal(err)
			}
			checkMarkup(t, s.view, b.String())
			if !strings.Contains(s.name, "hostile") && strings.Contains(b.String(), filtered) {
				t.Errorf("got %s in the page, want every link to pass", filtered)
			}
		})
	}
	for _, v := range views {
		if !seen[v.page()] {
			t.Errorf("got no sample of %s", v.page())
		}
	}
}

// filtered is what html/template writes in place of an address with an unsafe scheme.
const filtered = "ZgotmplZ"

// checkMarkup holds what the content security policy and readers of the page rely on.
func checkMarkup(t *testing.T, v view, page string) {
	t.Helper()
	ids, headings, level := map[string]bool{}, 0, 0
	var targets []string
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch name := token.Data; {
		case name == "h1" || name == "h2" || name == "h3":
			if to := int(name[1] - '0'); to > level+1 {
				t.Errorf("got <%s> after a heading of level %d", name, level)
			}
			level = int(name[1] - '0')
			if level == 1 {
				headings++
			}
		case name == "script":
			if (strings.Contains(page, "data-passkey=") || strings.Contains(page, "data-passkey-signals=")) && token.String() == script("passkey.js") {
				break
			}
			if token.String() == script("page.js") {
				break
			}
			if !slices.Contains(scripts(v), token.String()) || !strings.Contains(page, "data-sid=") {
				t.Errorf("got %v, want only %s, and only for somebody signed in", token, scripts(v))
			}
		case name == "style", name == "img", name == "base":
			t.Errorf("got %v, want none", token)
		case name == "html" && !slices.Contains(token.Attr, html.Attribute{Key: "lang", Val: "en"}):
			t.Errorf("got %v, want lang=en", token)
		}
		for _, a := range token.Attr {
			switch {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"):
				t.Errorf("got %v, want no %s attribute", token, a.Key)
			case a.Key == "placeholder":
				t.Errorf("got %v, want a label instead", token)
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("got id %q twice", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				targets = append(targets, a.Val[1:])
			case a.Key == "for", a.Key == "aria-labelledby", a.Key == "aria-describedby":
				targets = append(targets, strings.Fields(a.Val)...) // several describe one field
			case (a.Key == "href" || a.Key == "action") && strings.HasPrefix(strings.ToLower(a.Val), "javascript:"):
				t.Errorf("got %v, want no script", token)
			}
		}
	}
	if headings != 1 {
		t.Errorf("got %d h1, want 1", headings)
	}
	for _, id := range targets {
		if !ids[id] && id != filtered {
			t.Errorf("got a reference to #%s, which is not on the page", id)
		}
	}
	for _, wrong := range []string{"<img", "<no value>", "%!"} {
		if strings.Contains(page, wrong) {
			t.Errorf("got %q in the page", wrong)
		}
	}
}

// scripts are what the page of somebody signed in may load besides page.js: every page warns, and the inspector's clocks tick.
func scripts(v view) []string {
	files := []string{"idle.js"}
	if _, ok := v.(*inspectorView); ok {
		files = append(files, "clock.js")
	}
	for i, file := range files {
		files[i] = script(file)
	}
	return files
}

func script(file string) string { return `<script src="` + ui.Asset(file) + `" defer="">` }

func TestEveryIconIsInTheSprite(t *testing.T) {
	t.Parallel()
	sprite, err := ui.FS.ReadFile("static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, event := range sentences {
		shown[event.Icon] = true
	}
	for _, s := range samples(time.Now()) {
		var b bytes.Buffer
		if err := pages[s.view.page()].Execute(&b, s.view); err != nil {
			t.Fatal(err)
		}
		for _, use := range strings.Split(b.String(), ui.Asset("icons.svg")+"#")[1:] {
			name, _, _ := strings.Cut(use, `"`)
			shown[name] = true
		}
	}
	delete(shown, "") // of the views without data
	for name := range shown {
		if !bytes.Contains(sprite, []byte(`<symbol id="`+name+`"`)) {
			t.Errorf("got no icon %q in the sprite", name)
		}
	}
}

// A secret that comes back in a form stays in the browser's memory and in whatever reads the page.
func TestNoPageFillsInAPassword(t *testing.T) {
	t.Parallel()
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples(time.Now()) {
		var b bytes.Buffer
		if err := pages[s.view.page()].Execute(&b, s.view); err != nil {
			t.Fatal(err)
		}
		for z := html.NewTokenizer(&b); z.Next() != html.ErrorToken; {
			if token := z.Token(); token.Data == "input" && slices.Contains(token.Attr, html.Attribute{Key: "type", Val: "password"}) &&
				slices.ContainsFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "value" }) {
				t.Errorf("%s: got %v, want no value", s.name, token)
			}
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 14, 36, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Hour: "just now", 59 * time.Second: "just now", time.Minute: "1 minute ago", 59 * time.Minute: "59 minutes ago",
		time.Hour: "1 hour ago", 23 * time.Hour: "23 hours ago", 24 * time.Hour: "yesterday", 48 * time.Hour: "2 days ago",
		30 * 24 * time.Hour: "on 20 November 2026",
	} {
		if got := ago(d, at); got != want {
			t.Errorf("ago(%v): got %q, want %q", d, got, want)
		}
	}
}

var fieldOfForm = regexp.MustCompile(`(?s)<div class="field">.*?<(?:input|select|textarea)\b`)

// Tab leads from one input to the next: whoever types an address, Tab and a password has typed both.
func TestNothingStandsBeforeAnInput(t *testing.T) {
	t.Parallel()
	pages, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, s := range samples(time.Now()) {
		var b bytes.Buffer
		if err := pages[s.view.page()].Execute(&b, s.view); err != nil {
			t.Fatal(err)
		}
		for _, field := range fieldOfForm.FindAllString(b.String(), -1) {
			if fields++; strings.Contains(field, "<a ") {
				t.Errorf("%s: a link between a label and its input:\n%s", s.view.page(), field)
			}
		}
	}
	if fields < 20 {
		t.Errorf("got %d fields, want those of all forms", fields)
	}
}
