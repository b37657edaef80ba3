package lab

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/twin"
	"example.com/gatehouse/webtest"
)

// Every lab says all that its page shows, and the lines that it shows are in the files.
func TestLabsAreWhole(t *testing.T) {
	t.Parallel()
	if len(All()) < 10 {
		t.Errorf("got %d labs, want at least 10", len(All()))
	}
	planted := map[twin.Fault]bool{}
	for _, l := range All() {
		if l.Goal == "" || l.Story == "" || l.Target == "" || l.Effect == "" || l.Thinking == "" || len(l.Solution) < 2 || l.onPortal == nil {
			t.Errorf("%s: something is missing", l.Lesson)
		}
		if (l.opened == nil) == (l.happened == nil) {
			t.Errorf("%s: want one effect", l.Lesson)
		}
		for _, hint := range l.Hints {
			if hint == "" {
				t.Errorf("%s: want three hints", l.Lesson)
			}
		}
		if planted[l.Fault] {
			t.Errorf("%s: another lab has its mistake", l.Lesson)
		}
		planted[l.Fault] = true
		_ = l.Wrongs()
		for _, code := range []Code{l.Wrong, l.Right} {
			source, err := os.ReadFile(filepath.Join("../..", code.File))
			if err != nil || !strings.Contains(unindented(string(source)), unindented(code.Lines)) {
				t.Errorf("%s: %s has no lines\n%s\n(%v)", l.Lesson, code.File, code.Lines, err)
			}
		}
	}
}

func unindented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

// The twin answers this machine alone, under no name of somebody else's, and nothing that was not begun.
func TestTwinIsForThisMachine(t *testing.T) {
	t.Parallel()
	l := New(origin)
	s := l.student(t, "fixation", WithMistake)
	page := "/" + s.b.Address + "/login"
	for _, tt := range []struct {
		ip, host, path string
		want           int
	}{
		{"127.0.0.1", "127.0.0.1:9", page, 200}, {"::1", "localhost:9", page, 200}, {"127.0.0.1", "[::1]:9", page, 200},
		{"127.0.0.1", "127.0.0.1:9", "/" + s.b.Address, 303}, {"127.0.0.1", "127.0.0.1:9", "/", 200},
		{"192.0.2.7", "127.0.0.1:9", page, 404}, {"192.0.2.7", "127.0.0.1:9", "/", 404}, {"10.0.0.1", "localhost:9", page, 404},
		{"127.0.0.1", "evil.example:9", page, 404}, {"127.0.0.1", "127.0.0.1:10", page, 404}, {"127.0.0.1", "127.0.0.1", page, 404},
		{"127.0.0.1", "localhost.evil.example:9", page, 404}, {"127.0.0.1", "evil.example:9", "/", 404},
		{"127.0.0.1", "127.0.0.1:9", "/nothing/login", 404}, {"127.0.0.1", "127.0.0.1:9", "/../" + s.b.Address + "/x", 404},
	} {
		c := webtest.New(t, origin)
		c.Transport, c.IP = webtest.InProcess(l.Twin()), tt.ip
		r := c.Request("GET", tt.path)
		r.Host = tt.host
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		res := c.Do(r).Want(tt.want)
		if tt.want == 200 && tt.path == page {
			res.Says("weak twin of a lab")
		}
	}
}

// What the victim has is not in what the learner reads.
func TestLogHidesTheVictim(t *testing.T) {
	t.Parallel()
	s := New(origin).student(t, "rotation", WithMistake)
	s.lets("sign-in")
	token := s.b.phone.jar[s.b.Facts().Cookie].Value
	s.lets("confirm")
	s.opens(s.b.Facts().Cookie + "=" + token)
	next, said := s.b.phone.jar[s.b.Facts().Cookie].Value, fmt.Sprint(s.b.Log())
	s.b.mu.Lock()
	password := s.b.facts.victim.password
	s.b.mu.Unlock()
	if token == next || strings.Contains(said, next) || strings.Contains(said, password) {
		t.Errorf("the victim's token or password is in\n%s", said)
	}
	if !strings.Contains(said, s.b.Facts().Cookie+"="+token) || !strings.Contains(said, "password=(hidden)") || !strings.Contains(said, "Account of") {
		t.Errorf("want what the learner sent, and what became of it, in\n%s", said)
	}
}

// The address that the victim opens is not the answer of the lab about addresses: that has to be asked for.
func TestLogHidesTheVictimsAddress(t *testing.T) {
	t.Parallel()
	s := New(origin).student(t, "ids-in-urls", WithMistake)
	s.lets("sign-in")
	token := s.b.phone.jar[s.b.Facts().Cookie].Value
	if said := fmt.Sprint(s.b.Log()); strings.Contains(said, token) || !strings.Contains(said, "GET /account?session="+token[:6]+"\u2026") ||
		!strings.Contains(said, "Location: /"+s.b.Address+"/account?session="+token[:6]+"\u2026") {
		t.Errorf("want no more than the beginning of the token in\n%s", said)
	}
	s.sends("GET", "/account?session="+token, "")
	if said := fmt.Sprint(s.b.Log()); !strings.Contains(said, "GET /account?session="+token) {
		t.Errorf("want what the learner sent in\n%s", said)
	}
}

// Cookies are kept by host, not by port: a browser that has the portal open under the name of the twin sends the portal's token to
// the twin too. It is on no page and in no log.
func TestTwinHearsItsOwnCookieAlone(t *testing.T) {
	t.Parallel()
	s := New(origin).student(t, "the-wristband", WithMistake)
	mine := s.signsIn()
	for _, around := range []string{"__Host-id=LIVETOKEN; %s; theme=LIVETOKEN", "id=LIVETOKEN;%s", "x%[1]s-LIVETOKEN; %[1]s;id=LIVETOKEN"} {
		s.sends("GET", "/account", fmt.Sprintf(around, mine)).Want(http.StatusOK)
	}
	s.sends("GET", "/account", "__Host-id=LIVETOKEN").Want(http.StatusSeeOther)
	said := fmt.Sprint(s.b.Log())
	if strings.Contains(said, "LIVETOKEN") {
		t.Errorf("a cookie of the portal is in\n%s", said)
	}
	if strings.Count(said, "Cookie: "+mine+"\n") != 3 {
		t.Errorf("want the cookie of the twin in\n%s", said)
	}
}

// A copy that was taken after the victim had ended the others is of the session that the victim kept.
func TestWhatIsTakenLaterProvesNothing(t *testing.T) {
	t.Parallel()
	for _, again := range []string{"copy", "sign-in"} {
		s := New(origin).student(t, "listing-and-ending", WithMistake)
		for _, move := range []string{"sign-in", "copy", "end-others", again, "copy"} {
			s.lets(move)
		}
		s.opens(s.b.Facts().Copied)
		if !s.b.Solved().IsZero() {
			t.Errorf("after %s, the lab is solved by a copy that was taken later", again)
		}
		s.lets("end-others")
		s.opens(s.b.Facts().Copied)
		if s.b.Solved().IsZero() {
			t.Errorf("after %s, the lab is not solved by a copy that was taken before", again)
		}
	}
}

// A payment of no order, sent twice, is no order that was paid twice.
func TestNoOrderIsNotPaid(t *testing.T) {
	t.Parallel()
	s := New(origin).student(t, "once", WithMistake)
	mine := s.signsIn()
	for range 2 {
		s.sends("POST", "/billing/checkout", mine).Want(http.StatusConflict)
	}
	if !s.b.Solved().IsZero() {
		t.Error("the lab is solved without its attack")
	}
}

// Nobody can fill the memory: what is unused longest makes room, and an hour later all is gone.
func TestLabsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(origin)
		first, err := l.Begin("first", "sign-out-that-holds", WithMistake)
		if err != nil {
			t.Fatal(err)
		}
		for _, move := range []string{"sign-in", "slow"} { // a request that is held is let go with its twin
			if err := first.Act(move, ""); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 3 * maxBenches {
			time.Sleep(time.Second)
			if _, err := l.Begin(fmt.Sprint(n), "fixation", WithMistake); err != nil {
				t.Fatal(err)
			}
			l.Call(fmt.Sprint(n), "N")
		}
		if got, people := len(l.benches), len(l.learners); got > maxBenches || people > maxLearners || l.Bench("first", "sign-out-that-holds") != nil {
			t.Errorf("got %d benches, %d learners", got, people)
		}
		again, _ := l.Begin("599", "fixation", "sound")
		if len(l.benches) != maxBenches || l.Bench("599", "fixation") != again {
			t.Error("a bench that was begun again did not take the place of the first")
		}
		for range 3 * maxLog {
			again.sends(newBrowser(victim), "GET", "/login")
		}
		if got := len(again.Log()); got != maxLog {
			t.Errorf("got %d lines, want %d", got, maxLog)
		}
		for range maxAsked {
			again.sends(newBrowser(you), "GET", "/login")
		}
		if got := again.sends(newBrowser(you), "GET", "/login").status; got != http.StatusTooManyRequests {
			t.Errorf("after %d requests a twin answers %d, want 429", maxAsked, got)
		}
		time.Sleep(13 * time.Hour)
		if err := l.Sweep(t.Context()); err != nil || len(l.benches)+len(l.learners) != 0 {
			t.Errorf("%d benches and %d learners are left (%v)", len(l.benches), len(l.learners), err)
		}
	})
}

// What reaches the attacker is kept as long as it is of use.
func TestWhatIsHeardIsBounded(t *testing.T) {
	t.Parallel()
	s := New(origin).student(t, "ids-in-urls", WithMistake)
	s.lets("sign-in")
	for range 3 * maxHeard {
		s.lets("send-link")
	}
	if got := len(s.b.Facts().Heard); got != maxHeard {
		t.Errorf("%d lines are kept, want %d", got, maxHeard)
	}
}

// What a learner may write by mistake, or on purpose, is refused in words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	l := New(origin)
	s := l.student(t, "csrf", WithMistake)
	refused := func(what string, err error) {
		t.Helper()
		if _, is := err.(RefusalError); !is { //nolint:errorlint // the value itself
			t.Errorf("%s: got %v, want a refusal", what, err)
		}
	}
	for _, x := range []Attack{
		{Method: "DELETE", Path: "/account"}, {Method: "GET", Path: "account"}, {Method: "GET", Path: "//evil.example/"}, {Method: "GET", Path: "http://evil.example/"},
		{Method: "GET", Path: "/\r\nX: y"}, {Method: "GET", Path: "/account", Cookie: "a=b\r\nX: y"}, {Method: "GET", Path: "/" + strings.Repeat("x", 3000)},
		{Method: "POST", Path: "/login", Bodies: strings.Repeat("a\n", 60)}, {Method: "POST", Path: "/login", Bodies: strings.Repeat("a", 3000)},
	} {
		refused(fmt.Sprintf("%.60v", x), s.b.Send(x))
	}
	if n := len(s.b.Log()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	refused("a move of another lab", s.b.Act("slow", ""))
	_, err := l.Begin("x", "nothing", WithMistake)
	refused("no lab", err)
	_, err = l.Begin("x", "csrf", "nothing")
	refused("no version", err)
	f := l.student(t, "fixation", WithMistake)
	for _, cookie := range []string{"", "a", "a=b; c=d", "=", "a=" + strings.Repeat("x", 400)} {
		refused("planting "+cookie, f.b.Act("plant", cookie))
	}
	refused("a page where there is none", f.b.Send(Attack{Method: "POST", Path: "/login", FromPage: true}))
	for _, lesson := range []string{"the-wristband", "sign-out-that-holds", "rotation", "listing-and-ending", "a-new-password", "cookie-attributes", "ids-in-urls"} {
		b := l.student(t, lesson, WithMistake).b
		for _, m := range b.Lab.Moves {
			if m.Name != "sign-in" {
				refused(lesson+" "+m.Name, b.Act(m.Name, ""))
			}
		}
	}
}

// What is the class's: names that people chose, what they solved, and the end of it.
func TestClass(t *testing.T) {
	t.Parallel()
	l := New(origin)
	if l.RightCode("") || l.RightCode(l.Code+"x") || !l.RightCode(" "+strings.ToUpper(l.Code)+" ") {
		t.Error("the code is not what opens the page")
	}
	before := time.Now().Add(-time.Minute)
	done := []Done{{"fixation", before}, {"nothing", before}}
	// counts is how many labs count once a browser says what was solved in it.
	counts := func(id string, done []Done) int {
		l.See(id, done)
		for _, who := range l.Class() {
			if who.ID == id {
				return len(who.Solved)
			}
		}
		return -1
	}
	if got := counts("1", done); got != 1 {
		t.Errorf("%d labs count, want the one that there is", got)
	}
	l.Call("1", "Zoe")
	l.See("2", nil)
	l.See("3", done)
	l.Call("3", "Ann")
	if got := l.Class(); len(got) != 3 || got[0].Name != "Ann" || got[1].Name != "Zoe" || got[2].Name != "" || len(got[0].Solved) != 1 || l.NameOf("1") != "Zoe" {
		t.Errorf("got %v", got)
	}
	if _, err := l.Begin("1", "fixation", WithMistake); err != nil {
		t.Fatal(err)
	}
	l.Reset("1")
	if l.Bench("1", "fixation") != nil || counts("1", done) != 0 || counts("3", done) != 1 || l.ResetAt("1").IsZero() || !l.ResetAt("9").IsZero() {
		t.Error("want the reset of one learner alone")
	}
	if counts("1", []Done{{"fixation", time.Now().Add(time.Second)}}) != 1 {
		t.Error("what was solved after the reset does not count")
	}
	l.Reset("")
	if counts("3", done) != 0 || len(l.Class()) != 3 {
		t.Error("want the reset of all")
	}
}

// A portal that is at its limits, slow or out of order has not let the attack through: the steps say that they were not made.
func TestStepsThatCouldNotBeMade(t *testing.T) {
	t.Parallel()
	over, end := context.WithCancel(t.Context())
	end()
	for name, tt := range map[string]struct {
		ctx    context.Context
		status int
		want   string
	}{
		"no demo":       {t.Context(), http.StatusTooManyRequests, "no more demo accounts"},
		"a limit":       {t.Context(), http.StatusTooManyRequests, "let no more requests of your network through"},
		"out of order":  {t.Context(), http.StatusServiceUnavailable, "did not answer all of them"},
		"too slow":      {over, http.StatusUnauthorized, "did not answer all of them"},
		"not signed in": {t.Context(), http.StatusUnauthorized, "one before the attack"},
	} {
		for _, lesson := range []string{"the-wristband", "sign-out-that-holds", "listing-and-ending", "a-new-password", "once", "two-limits", "rotation"} {
			b := New(origin).student(t, lesson, WithMistake).b
			err := b.TryPortal(tt.ctx, Portal{Demo: true, Origin: "http://localhost:9", Cookie: "id", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/demo" && name != "no demo" {
					http.SetCookie(w, &http.Cookie{Name: "id", Value: "abcdefghij"})
					http.Redirect(w, r, "/account", http.StatusSeeOther)
					return
				}
				w.WriteHeader(tt.status)
			})})
			if refusal, is := err.(RefusalError); !is || !strings.Contains(refusal.Error(), tt.want) || b.Outcome() != nil { //nolint:errorlint // the value itself
				t.Errorf("%s, %s: got %v and the outcome %v, want %q", lesson, name, err, b.Outcome(), tt.want)
			}
		}
	}
}

// A fault of the program is none of the learner's: it is not kept quiet.
func TestFaultsOfStepsAreHeard(t *testing.T) {
	t.Parallel()
	b := New(origin).student(t, "the-wristband", WithMistake).b
	defer func() {
		if got := recover(); got != "a fault" {
			t.Errorf("got %v, want the fault", got)
		}
	}()
	err := b.TryPortal(t.Context(), Portal{Demo: true, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault") })})
	t.Errorf("got %v, want the fault", err)
}
