package handlers

import (
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/webtest"
)

// beginsLab begins a lab with the button of its page.
func (b *browser) beginsLab(lesson string) {
	b.p.t.Helper()
	b.Submit(b.Get("/labs/"+lesson).Want(http.StatusOK), "/labs/"+lesson).Leads("/labs/" + lesson + "#people")
}

// lets presses a button for the victim.
func (b *browser) lets(lesson, move string) {
	b.p.t.Helper()
	b.Post("/labs/"+lesson, "do", "move", "move", move).Leads("/labs/" + lesson + "#victim")
}

// attacks sends a request from the form on the page.
func (b *browser) attacks(lesson, method, path, cookie string) {
	b.p.t.Helper()
	b.Post("/labs/"+lesson, "do", "attack", "method", method, "path", path, "cookie", cookie).Want(http.StatusSeeOther)
}

var copiedCookie = regexp.MustCompile(`Copied cookie</dt><dd><code>([^<]+)</code>`)

// solvesRace solves "sign-out that holds" with buttons alone, but for the slow request where it says so.
func (b *browser) solvesRace(slow bool) *webtest.Answer {
	b.p.t.Helper()
	const lesson = "sign-out-that-holds"
	b.beginsLab(lesson)
	b.lets(lesson, "sign-in")
	b.lets(lesson, "copy")
	copied := html.UnescapeString(copiedCookie.FindStringSubmatch(b.Get("/labs/" + lesson).Body)[1])
	if slow {
		b.lets(lesson, "slow")
	}
	b.lets(lesson, "sign-out")
	if slow {
		b.lets(lesson, "slow-arrives")
	}
	b.attacks(lesson, "GET", "/account", copied)
	return b.Get("/labs/" + lesson).Want(http.StatusOK)
}

// A lab is solved with the buttons of its page: then it shows the solution, it counts, and a script is told. Without the deciding
// step it stays as it was.
func TestLab(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ask := func(b *browser) checkJSON {
		r := b.Request("POST", "/learn/sign-out-that-holds/check")
		r.Header.Set("Accept", "application/json")
		var said checkJSON
		if err := json.Unmarshal([]byte(b.Do(r).Want(http.StatusOK).Body), &said); err != nil {
			t.Fatal(err)
		}
		return said
	}
	red := p.here()
	red.solvesRace(false).Says("Not solved yet").SaysNot("The solution, and how to think of it")
	red.Get("/labs").SaysNot("of 13 are solved")
	if ask(red).Solved {
		t.Error("a script is told that it is solved")
	}
	red.Post("/labs/sign-out-that-holds", "do", "portal").Want(http.StatusUnprocessableEntity).Says("Solve the lab on its twin first")

	green := p.here()
	green.solvesRace(true).Says("Solved").Says("brought the session back").Says("The solution, and how to think of it").Says("ended_at IS NULL")
	green.Get("/labs").Says("1 of 13 are solved")
	green.Post("/labs/sign-out-that-holds", "do", "portal").Leads("/labs/sign-out-that-holds#portal")
	green.Get("/labs/sign-out-that-holds").Says("Refused.")
	green.SignIn(p.newUser("Grete").Email, password)
	green.Get("/labs").Says("1 of 13 are solved")
	if got := ask(green); !got.Solved || got.Lesson != "sign-out-that-holds" {
		t.Errorf("a script is told %v", got)
	}
	green.Post("/labs", "name", "Ada").Leads("/labs")
	var file struct {
		Name   string
		Solved []lab.Done
		Of     int
	}
	res := green.Get("/labs/progress").Want(http.StatusOK)
	if err := json.Unmarshal([]byte(res.Body), &file); err != nil || file.Name != "Ada" || len(file.Solved) != 1 || file.Of != len(lab.All()) ||
		time.Since(file.Solved[0].At) > time.Minute || !strings.Contains(res.Header.Get("Content-Disposition"), "labs.json") {
		t.Errorf("the file says %+v (%v)", file, err)
	}
	if got := red.Get("/labs/progress").Body; !strings.Contains(got, `"solved":[]`) {
		t.Errorf("somebody else's file says %s", got)
	}
	green.Post("/labs/sign-out-that-holds", "do", "begin", "version", "sound").Leads("/labs/sign-out-that-holds#people")
	green.Get("/labs/sign-out-that-holds").Says("Solved before").Says("The solution, and how to think of it")
}

// What was solved with curl counts once the page asks, and for nobody else: the twin of a lab is one learner's.
func TestLabWithCurl(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b, other := p.here(), p.here()
	b.beginsLab("the-wristband")
	other.beginsLab("the-wristband")
	b.lets("the-wristband", "sign-in")
	b.lets("the-wristband", "copy")
	b.lets("the-wristband", "sign-out")
	page := html.UnescapeString(b.Get("/labs/the-wristband").Body)
	line := regexp.MustCompile(`curl -i -H 'Cookie: ([^']+)' (http://127\.0\.0\.1:9)(/[^<]+)<`).FindStringSubmatch(page)
	if line == nil {
		t.Fatalf("no line for curl in\n%s", page)
	}
	curl := webtest.New(t, line[2])
	curl.Transport, curl.IP = webtest.InProcess(p.app.Labs.Twin()), "127.0.0.1"
	r := curl.Request("GET", line[3])
	r.Header.Set("Cookie", line[1])
	curl.Do(r).Want(http.StatusOK).Says("Account of vera@")
	b.Get("/labs/the-wristband").Says("Solved")
	b.Get("/labs").SaysNot("of 13 are solved") // looking changes nothing
	other.Follow(other.Post("/learn/the-wristband/check")).Says("It is not solved yet")
	p.here().Post("/learn/the-wristband/check").Leads("/labs/the-wristband")
	b.Follow(b.Post("/learn/the-wristband/check")).Says("It is solved, and kept in your progress.")
	b.Get("/labs").Says("1 of 13 are solved")
	forged := b.Request("POST", "/learn/the-wristband/check")
	forged.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Do(forged).Want(http.StatusForbidden)
}

// The cookie of a twin is nothing here, and ours is nothing there.
func TestLabCookiesAreApart(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.here()
	b.beginsLab("fixation")
	b.lets("fixation", "sign-in")
	twin := webtest.New(t, "http://127.0.0.1:9")
	twin.Transport, twin.IP = webtest.InProcess(p.app.Labs.Twin()), "127.0.0.1"
	address := regexp.MustCompile(`http://127\.0\.0\.1:9(/[a-z0-9]+)`).FindStringSubmatch(b.Get("/labs/fixation").Body)[1]
	member := p.signedIn(p.newUser("Petra"))
	maps.Copy(twin.Cookies, member.Cookies)
	name := "session" + strings.ReplaceAll(address, "/", "-")
	twin.Cookies[name] = member.Token()
	twin.Get(address + "/account").Leads(address + "/login")
	mine := twin.Get(address + "/login").Want(http.StatusOK).Cookies()
	if len(mine) != 1 || mine[0].Name != name || strings.HasPrefix(name, "__Host-id") {
		t.Fatalf("the twin sets %v", mine)
	}
	visitor := p.browser()
	visitor.Cookies[name], visitor.Cookies[visitor.Session] = mine[0].Value, mine[0].Value
	visitor.Get("/account").Want(http.StatusSeeOther)
	if !member.Alive() {
		t.Error("a session of the portal suffered")
	}
}

// Without LABS there is nothing of them; with it, nothing for other machines.
func TestLabsAreForThisMachine(t *testing.T) {
	t.Parallel()
	off := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Labs = nil })
	on := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) {
		o.Proxies = forwarded.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}, Header: "X-Forwarded-For"}
	})
	seen := 0
	err := chi.Walk(on.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasPrefix(route, "/labs") && !strings.HasSuffix(route, "/check") {
			return nil
		}
		seen++
		path := strings.ReplaceAll(route, "{lesson}", "fixation")
		here, there := off.here(), on.here()
		there.IP = "192.0.2.9" // and the host is a name of this machine
		here.Do(here.Request(method, path)).Want(http.StatusNotFound)
		there.Do(there.Request(method, path)).Want(http.StatusNotFound)
		for peer, client := range map[string]string{"127.0.0.1:1": "192.0.2.1", "10.0.0.1:1": "127.0.0.1", "192.0.2.1:1": "127.0.0.1"} {
			r := there.Request(method, path)
			r.RemoteAddr = peer
			r.Header.Set("X-Forwarded-For", client)
			there.Do(r).Want(http.StatusNotFound)
		}
		return nil
	})
	if err != nil || seen < 8 {
		t.Errorf("found %d routes of labs (%v)", seen, err)
	}
	if on.count(`SELECT count(*) FROM bags`) != 0 {
		t.Error("somebody elsewhere has a bag of it")
	}
	off.here().Get("/learn").SaysNot("The labs")
	on.here().Get("/learn").Says("The labs")
}

// A proxy or tunnel on this machine asks for others from here, whether the portal knows it or not.
func TestLabsBehindATunnel(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ask := func(change func(*http.Request)) int {
		b := p.here()
		r := b.Request("GET", "/labs")
		change(r)
		return b.Do(r).StatusCode
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for _, as := range []func(*http.Request){
		host("127.0.0.1:8080"), host("[::1]"), host("LOCALHOST"), header("X-Forwarded-For", "127.0.0.1, ::1"), header("Forwarded", "for=127.0.0.1"),
		header("X-Forwarded-Host", "localhost:8080"),
	} {
		if got := ask(as); got != http.StatusOK {
			t.Errorf("on this machine: got %d", got)
		}
	}
	for what, as := range map[string]func(*http.Request){
		"another host": host("labs.tunnel.example"), "a host that begins alike": host("localhost.tunnel.example:8080"), "a network": host("192.0.2.7:8080"),
		"an address": header("X-Forwarded-For", "192.0.2.7"), "one behind another": header("X-Forwarded-For", "192.0.2.7, 127.0.0.1"),
		"no address": header("X-Forwarded-For", "unknown"), "RFC 7239": header("Forwarded", `for="[2001:db8::7]:4711"`), "hidden": header("Forwarded", "for=_hidden"),
		"nginx": header("X-Real-Ip", "192.0.2.7"), "a proxy": header("Via", "1.1 squid"), "its host": header("X-Forwarded-Host", "labs.tunnel.example"),
	} {
		if got := ask(as); got != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", what, got)
		}
	}
}

// A name that is no lab is answered with the way to those there are. What a learner writes is refused in words, and left in its field.
func TestLabMistakes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.here()
	for _, name := range append(hostile, "nothing", "FIXATION", "how-long", "..%2f..%2fetc%2fpasswd", "%00", "fixation%20") {
		for _, path := range []string{"/labs/NAME", "/learn/NAME/check"} {
			path = strings.Replace(path, "NAME", strings.ReplaceAll(url.PathEscape(name), "%25", "%"), 1)
			method := "POST"
			if strings.HasPrefix(path, "/labs") {
				b.Get(path).Want(http.StatusNotFound).Says("There is no such lab").Says("See all labs")
			}
			res := b.Do(b.Request(method, path)).Want(http.StatusNotFound)
			if strings.Contains(res.Body, "<img") || strings.Contains(res.Body, `onfocus="x`) {
				t.Errorf("%q: the name is markup on the page", name)
			}
		}
	}
	const page = "/labs/fixation"
	b.Post(page, "do", "move", "move", "sign-in").Want(http.StatusUnprocessableEntity).Says("Begin the lab first")
	b.beginsLab("fixation")
	for want, fields := range map[string][]string{
		"There is no such button":                  {"do", "dance"},
		"The victim of this lab does nothing":      {"do", "move", "move", "slow"},
		"Write one cookie as name=value":           {"do", "move", "move", "plant", "given", "rubbish"},
		"Write a path of the twin":                 {"do", "attack", "method", "GET", "path", "https://evil.example/"},
		"Choose GET or POST":                       {"do", "attack", "method", "DELETE", "path", "/account"},
		"There is no such version of the twin":     {"do", "begin", "version", "better"},
		"The victim of this lab visits no page of": {"do", "attack", "method", "GET", "path", "/account", "from-page", "on"},
	} {
		res := b.Post(page, fields...).Want(http.StatusUnprocessableEntity).Says(want)
		if typed := fields[len(fields)-1]; strings.Contains(typed, "/") && !strings.Contains(res.Body, `value="`+typed+`"`) {
			t.Errorf("%q is lost", typed)
		}
	}
	b.Post("/labs", "name", strings.Repeat("n", 41)).Want(http.StatusUnprocessableEntity).Says("Use at most 40 characters.")
}

// Floods are refused with how long to wait, and cost no more than the limit lets through.
func TestLabFlood(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.here()
		for range guard.Labs.Burst {
			b.Post("/labs/fixation", "do", "nothing")
		}
		res := b.Post("/labs/fixation", "do", "begin", "version", lab.WithMistake).Want(http.StatusTooManyRequests)
		if res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		b.Get("/labs/fixation").SaysNot("Not solved yet")
	})
}

// The class page opens with its code alone, shows names that people chose as text, and takes back what was solved.
func TestLabClass(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ada, teacher := p.here(), p.here()
	ada.solvesRace(true)
	ada.Post("/labs", "name", hostile[0]).Leads("/labs")
	if res := ada.Post("/labs/class", "reset", "all").Want(http.StatusUnprocessableEntity); strings.Contains(res.Body, "Reset") {
		t.Error("a learner resets the class")
	}
	teacher.Post("/labs/class", "code", "guess").Want(http.StatusUnprocessableEntity).Says("That is not the code.")
	teacher.Get("/labs/class").SaysNot("of 13")
	teacher.Post("/labs/class", "code", p.app.Labs.Code).Leads("/labs/class")
	page := teacher.Get("/labs/class").Want(http.StatusOK).Says("1 of 13").Says("Sign-out that holds").Says("A reset lasts until")
	if strings.Contains(page.Body, "<img") || !strings.Contains(page.Body, html.EscapeString(hostile[0])) {
		t.Error("the name is not shown as it was written, or is markup")
	}
	id := regexp.MustCompile(`name="learner" value="([^"]+)"`).FindStringSubmatch(page.Body)[1]
	teacher.Post("/labs/class", "reset", "one", "learner", "SOMEBODYELSE").Leads("/labs/class")
	teacher.Get("/labs/class").Says("1 of 13")
	teacher.Post("/labs/class", "reset", "one", "learner", id).Leads("/labs/class")
	teacher.Get("/labs/class").Says("0 of 13")
	ada.Get("/labs").SaysNot("are solved")
	ada.Get("/labs/sign-out-that-holds").SaysNot("Solved")
	ada.solvesRace(true)
	teacher.Get("/labs/class").Says("1 of 13")
	teacher.Post("/labs/class", "reset", "all").Leads("/labs/class")
	ada.Get("/labs").SaysNot("are solved")
}

// Where no demo is offered there is no account for the same steps, and the page says so.
func TestLabWithoutDemo(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Demo = false })
	b := p.here()
	b.solvesRace(true)
	b.Post("/labs/sign-out-that-holds", "do", "portal").Want(http.StatusUnprocessableEntity).Says("This portal offers no demo")
}

// The same steps are refused by the portal, for every lab.
func TestLabsOnThePortal(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	for _, l := range lab.All() {
		if l.Lesson == "guessing" { // which needs the limits
			continue
		}
		t.Run(l.Lesson, func(t *testing.T) { p.refuses(t, l) })
	}
	t.Run("guessing", func(t *testing.T) {
		l, _ := lab.Find("guessing")
		newPortal(t).refuses(t, l)
	})
}

func (p *portal) refuses(t *testing.T, l lab.Lab) {
	t.Helper()
	b, err := p.app.Labs.Begin("learner", l.Lesson, lab.WithMistake)
	if err != nil {
		t.Fatal(err)
	}
	err = b.TryPortal(t.Context(), lab.Portal{
		Handler: p.Handler, Origin: portalURL.String(), Cookie: webtest.SessionCookie, Demo: true,
		Header: http.Header{"User-Agent": {webtest.ChromeOnMac}}, Remote: "127.0.0.1:1",
	})
	if err != nil {
		t.Fatal(err)
	}
	got, cookies := b.Outcome(), 0
	for _, x := range got.Sent {
		t.Logf("%s: %s -> %d", x.Who, x.Line, x.Status)
		for _, c := range regexp.MustCompile(`(?m)(?:Cookie: |; )__Host-[^=;]*=([^;\s]+)`).FindAllStringSubmatch(x.Request+x.Answer, -1) {
			cookies++
			if len(c[1]) > 10 {
				t.Errorf("a value of the portal is shown: %s", c[0])
			}
		}
	}
	if cookies == 0 {
		t.Error("no cookie of the portal was seen at all")
	}
	if !got.Refused || len(got.Sent) < 3 {
		t.Errorf("the portal did not refuse it: %s", got.Says)
	}
}
