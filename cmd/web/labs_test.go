package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// thisMachine is where the browsers of learners are.
const thisMachine = "127.0.0.1"

// steps are the moves of the lab about the race, in order. The slow request decides.
var steps = []string{
	"Begin", "Let the victim sign in", "Copy the victim\u2019s cookie", "Let the victim begin a slow request", "Let the victim sign out",
	"Let the slow request arrive", "Send",
}

// Somebody new gets from the first page to a solved lab, with scripts and without, and sees the same steps refused here. Who does
// everything but the deciding step stays where they are.
func TestLabInABrowser(t *testing.T) {
	p := start(t, onSQLite(t), "--labs")
	for _, scripts := range []bool{true, false} {
		for _, decides := range []bool{true, false} {
			t.Run(fmt.Sprintf("scripts %t, deciding step %t", scripts, decides), func(t *testing.T) {
				t.Parallel()
				b := p.person(t, webtest.ChromeOnLinux, thisMachine)
				if !scripts {
					b.withoutScripts()
				}
				b.open("/")
				b.follow("Read the lessons")
				b.follow("The labs")
				b.follow("sign-out that holds")
				for _, step := range steps {
					if decides || !strings.Contains(step, "slow") {
						b.press(step)
					}
				}
				b.isAt("/labs/sign-out-that-holds")
				if !decides {
					b.reads("Not solved yet")
					b.open("/labs")
					b.reads("New here?")
					return
				}
				b.reads("Solved", "brought the session back", "The solution, and how to think of it")
				b.press("Try the same steps here")
				b.reads("Refused.", "who is signed in stands in a row that has an end")
				b.open("/labs")
				b.reads("1 of 13 are solved")
			})
		}
	}
}

var twinAt = regexp.MustCompile(`http://(?:127\.0\.0\.1|localhost):\d+/[a-z0-9]+`)

// A learner attacks with a browser of their own: the page of the lab turns green by what it opened.
func TestLabWithABrowserOfOnesOwn(t *testing.T) {
	p := start(t, onSQLite(t), "--labs")
	b := p.person(t, webtest.ChromeOnLinux, thisMachine)
	b.open("/labs/the-wristband")
	for _, step := range []string{"Begin", "Let the victim sign in", "Copy the victim\u2019s cookie", "Let the victim sign out"} {
		b.press(step)
	}
	text := b.text()
	twin := twinAt.FindString(text)
	name, value, _ := strings.Cut(regexp.MustCompile(`session-[a-z0-9]+=[\w-]+`).FindString(text), "=")
	attacker := b.another("/learn") // another tab of the same browser
	attacker.open(twin + "/account")
	attacker.reads("weak twin of a lab", "Sign in")
	u, err := url.Parse(twin)
	if err != nil {
		t.Fatal(err)
	}
	callWith(attacker, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: u.Scheme + "://" + u.Host + "/"})
	if got := attacker.open(twin + "/account"); got != http.StatusOK {
		t.Errorf("the copy got %d", got)
	}
	attacker.reads("weak twin of a lab", "Account of vera@")
	b.open("/labs/the-wristband")
	b.reads("Solved", "Your copy of the cookie opened")
	b.press("Is it solved?")
	b.reads("It is solved, and kept in your progress.")
}

// The twin has a port of its own on this machine, answers under no other name, and its cookie is nothing to the portal.
func TestLabIsServedApart(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t), "--labs", "--addr=localhost:0")
	b := p.Client(t)
	b.IP = ""
	b.Post("/labs/fixation", "do", "begin", "version", lab.WithMistake).Want(http.StatusSeeOther)
	twin := twinAt.FindString(b.Get("/labs/fixation").Want(http.StatusOK).Body)
	u, err := url.Parse(twin)
	if err != nil || u.Host == "" || strings.HasSuffix(p.Origin, ":"+u.Port()) || strings.HasPrefix(p.Origin, "http://"+u.Hostname()+":") {
		t.Fatalf("the twin is at %q, the portal at %s (%v)", twin, p.Origin, err)
	}
	c := webtest.New(t, "http://"+u.Host)
	c.Get(u.Path + "/login").Want(http.StatusOK).Says("weak twin of a lab")
	r := c.Request("GET", u.Path+"/login")
	r.Host = "evil.example:" + u.Port()
	c.Do(r).Want(http.StatusNotFound)
	b.At("http://" + u.Host).Get("/labs").Want(http.StatusNotFound)
	b.At("http://" + u.Host).Get("/account").Want(http.StatusNotFound)
	elsewhere := p.Client(t) // for whom a proxy on this machine asks
	elsewhere.Get("/labs").Want(http.StatusNotFound)
	elsewhere.Post("/labs/fixation", "do", "begin", "version", lab.WithMistake).Want(http.StatusNotFound)

	off := start(t, onSQLite(t)).Client(t)
	off.IP = ""
	for _, path := range []string{"/labs", "/labs/fixation", "/labs/class", "/labs/progress"} {
		off.Get(path).Want(http.StatusNotFound)
	}
	off.Post("/learn/fixation/check").Want(http.StatusNotFound)
}

// The twin has the name of this machine that the portal does not have, because cookies are kept by name.
func TestTwinHost(t *testing.T) {
	t.Parallel()
	for portal, want := range map[string]string{"localhost": "127.0.0.1:9", "127.0.0.1": "localhost:9", "::1": "127.0.0.1:9"} {
		if got := twinHost(portal, "127.0.0.1:9"); got != want {
			t.Errorf("the portal is at %s: got %s, want %s", portal, got, want)
		}
	}
}

// Production refuses labs, whatever else is right.
func TestLabsAreRefusedInProduction(t *testing.T) {
	t.Parallel()
	_, _, err := command(t, "", append([]string{"serve", "--env=production", "--addr=127.0.0.1:0", "--base-url=https://portal.test", "--labs",
		"--keys=" + config.NewKey(), "--smtp-url=smtp://127.0.0.1:1"}, onSQLite(t)...)...)
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_LABS") {
		t.Errorf("got %v, want a refusal that names the setting", err)
	}
}

// The code of the class page is printed at the start, and opens it.
func TestLabClassCode(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	var mu sync.Mutex
	p := webtest.Start(t, func(ctx context.Context, stdout, stderr io.Writer) error {
		both := io.MultiWriter(lockedWriter{&mu, &said}, stdout)
		return run(surroundings{ctx, strings.NewReader(""), both, stderr}, serveArgs(onSQLite(t), []string{"--labs"}))
	})
	var code []string
	webtest.Until(t, "the code", func() bool {
		mu.Lock()
		defer mu.Unlock()
		code = regexp.MustCompile(`/labs/class, code (\w+) `).FindStringSubmatch(said.String())
		return code != nil
	})
	b := p.Client(t)
	b.IP = ""
	b.Post("/labs/class", "code", code[1]).Leads("/labs/class")
	b.Get("/labs/class").Want(http.StatusOK).Says("Nobody has begun a lab yet.")
}

type lockedWriter struct {
	*sync.Mutex
	to io.Writer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.Lock()
	defer w.Unlock()
	return w.to.Write(p)
}

// Twenty learners on one laptop begin at the same moment, and each solves a lab of their own.
func TestLabForAClass(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t), "--labs")
	began := time.Now()
	var class sync.WaitGroup
	for n := range 20 {
		b := p.Client(t)
		b.IP, b.Tolerant = "", true
		class.Go(func() {
			b.Post("/labs", "name", fmt.Sprint("learner ", n)).Want(http.StatusSeeOther)
			const page = "/labs/sign-out-that-holds"
			b.Post(page, "do", "begin", "version", lab.WithMistake).Want(http.StatusSeeOther)
			for _, move := range []string{"sign-in", "copy", "slow", "sign-out", "slow-arrives"} {
				b.Post(page, "do", "move", "move", move).Want(http.StatusSeeOther)
			}
			copied := regexp.MustCompile(`Copied cookie</dt><dd><code>([^<]+)<`).FindStringSubmatch(b.Get(page).Body)
			if copied == nil {
				t.Error("nothing was copied")
				return
			}
			b.Post(page, "do", "attack", "method", "GET", "path", "/account", "cookie", copied[1]).Want(http.StatusSeeOther)
			b.Get(page).Says("Solved")
			b.Get("/labs").Says("1 of 13 are solved")
		})
	}
	class.Wait()
	t.Logf("20 learners solved a lab each, at the same moment, in %s", time.Since(began).Round(time.Millisecond))
}

func lookAtLabs(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, thisMachine)
	b.at("labs", http.StatusOK, func() int { return b.open("/labs") })
	b.at("lab", http.StatusOK, func() int { return b.follow("Sign-out that holds") })
	b.at("lab-begun", http.StatusOK, func() int { return b.press("Begin") })
	b.at("lab-refused", http.StatusUnprocessableEntity, func() int { return b.press("Let the slow request arrive") })
	for _, step := range steps[1:] {
		b.at("lab-"+strings.ToLower(strings.ReplaceAll(step, " ", "-")), http.StatusOK, func() int { return b.press(step) })
	}
	b.at("lab-portal", http.StatusOK, func() int {
		status := b.press("Try the same steps here")
		evaluate[chromedp.Void](b.person, `document.querySelectorAll('details').forEach(d => d.open = true)`)
		return status
	})
	for _, lesson := range []string{"fixation", "guessing", "two-limits", "csrf"} { // each has a part that no other has
		b.at("lab-of-"+lesson, http.StatusOK, func() int {
			b.open("/labs/" + lesson)
			return b.press("Begin")
		})
	}
	b.at("class", http.StatusOK, func() int { return b.open("/labs/class") })
	b.at("class-wrong", http.StatusUnprocessableEntity, func() int {
		b.fill("code", "guess")
		return b.press("Show the class")
	})
	b.at("labs-named", http.StatusOK, func() int {
		b.open("/labs")
		b.fill("name", "\u202e<b>"+strings.Repeat("Wolfeschlegel", 2))
		return b.press("Save the name")
	})
	b.at("lab-unknown", http.StatusNotFound, func() int { return b.open("/labs/nothing") })
}
