package main

import (
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"example.com/gatehouse/webtest"
)

// A pressing is one form and how it is pressed.
type pressing struct {
	scene   pressScene
	presses int
	pause   time.Duration // between two
	scripts bool
}

func (o pressing) name() string {
	if o.presses == 1 {
		return o.scene.name + ", once"
	}
	return fmt.Sprintf("%s, %s apart, scripts %t", o.scene.name, o.pause, o.scripts)
}

var allPresses = flag.Bool("presses", false, "with -full: press every form twice in all ways")

// pressings are what TestDoublePress does: each form once, and then twice, in all ways with -presses, and with -full or CI set in one
// that is another for the next form. In short it is some of the forms in the hardest way, 110 ms apart and without
// scripts, where nothing in the page can help.
func pressings() (once, twice []pressing) {
	pauses := []time.Duration{0, 50 * time.Millisecond, 110 * time.Millisecond, 500 * time.Millisecond}
	if !*full {
		pauses = pauses[2:3]
	}
	for i, s := range pressScenes {
		if !*full && !s.inShort {
			continue
		}
		once = append(once, pressing{s, 1, 0, s.byScript})
		for j, pause := range pauses {
			for _, scripts := range []bool{false, true} {
				mine := !*full || *allPresses || i%len(pauses) == j && (s.byScript || (i/len(pauses)%2 == 0) == scripts)
				if mine && (scripts == s.byScript || scripts && *full) {
					twice = append(twice, pressing{s, 2, pause, scripts})
				}
			}
		}
	}
	return once, twice
}

// TestDoublePress presses each form of an act twice with the mouse, before its answer is there or just after. It leaves what one
// press leaves, and the person is where one press leads, signed in or out as after one, with nothing to be alarmed about.
func TestDoublePress(t *testing.T) {
	t.Parallel()
	p, line := slowly(t, "--demo=true")
	p.change(t, `CREATE TABLE written (id TEXT)`)
	p.change(t, `CREATE TRIGGER writes AFTER INSERT ON letters BEGIN INSERT INTO written VALUES (NEW.id); END`)
	x := &pressRun{program: p, line: line, first: p.account(t, "Ada Lovelace"), once: map[string]pressLeft{}}
	windows := 4 // most of them wait
	if *full {
		windows = 6
	}
	var people []*person
	for range windows {
		people = append(people, p.person(t, webtest.ChromeOnLinux, ""))
	}
	once, twice := pressings()
	for _, all := range [][]pressing{once, twice} {
		x.share(t, people, all)
	}
	x.judgeAll(t)
}

// share lets people press, each the next form that nobody has pressed. Their tests are not parallel by Go's measure, which is
// the number of processors.
func (x *pressRun) share(t *testing.T, people []*person, all []pressing) {
	next := make(chan pressing, len(all))
	for _, o := range all {
		next <- o
	}
	close(next)
	var working sync.WaitGroup
	for _, b := range people {
		working.Go(func() {
			for o := range next {
				t.Run(o.name(), func(t *testing.T) {
					b.t = t
					defer b.quiet()
					x.press(t, b, o)
				})
			}
		})
	}
	working.Wait()
}

// press makes the scene ready by HTTP, and gives the window what that browser has.
func (x *pressRun) press(t *testing.T, b *person, o pressing) {
	c := x.Client(t)
	c.IP, c.Agent = webtest.Network()+"::7", webtest.ChromeOnLinux
	b.is(`(window.stop(), true)`)
	call(b, network.ClearBrowserCookies)
	callWith(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"X-Forwarded-For": c.IP}})
	callWith(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !o.scripts})
	s := &pressStage{x, t, b, c}
	f := o.scene.ready(s)
	b.take(c)
	b.open(f.page)
	b.enter(f.fields)
	if f.then != nil {
		f.then()
		b.take(c)
	}
	leads := s.pressButton(f, o)
	b.give(c)
	got := x.leftOf(s, f, leads)
	x.judge(t, o, got)
}

// pressButton presses the button of a form and returns where the answer led.
func (s *pressStage) pressButton(f pressForm, o pressing) (leads string) {
	late, began := s.x.line.expect(s.c.IP), time.Now()
	if o.presses == 1 || o.pause > answerAfter {
		close(late.again)
	}
	s.b.is(`(window.isOld = true)`)
	at := s.b.buttonAt(f.button)
	s.b.mouse(at)
	if o.presses == 2 && o.pause > answerAfter { // on the next page, whatever is there
		leads, sent := s.landed(f, late)
		time.Sleep(time.Until(began.Add(o.pause)))
		s.b.still()
		sent += evaluate[int](s.b, fmt.Sprintf(sendsForm, at[0], at[1]))
		s.b.mouse(at)
		s.x.line.settled(s.t, late, sent)
		return leads
	}
	if o.presses == 2 {
		time.Sleep(o.pause)
		s.b.mouse(at)
		close(late.again)
	}
	leads, sent := s.landed(f, late)
	if o.presses == 2 && o.pause > 0 && !o.scripts {
		s.x.mu.Lock()
		defer s.x.mu.Unlock()
		s.x.pairs++
		if sent == 1 {
			s.x.alone++
		}
	}
	return leads
}

// sendsForm is 1 when a press at a place sends a form.
const sendsForm = `(() => {
	const button = document.elementFromPoint(%f, %f)?.closest('button')
	return button?.form?.method === 'post' && !button.ariaBusy && button.form.checkValidity() ? 1 : 0
})()`

// landed waits for the answers, and for the page that the last one leads to. It returns where that is, and how often a form was
// sent by then.
func (s *pressStage) landed(f pressForm, late *lateForm) (leads string, sent int) {
	if !f.stays {
		s.b.comes(`!window.isOld && document.readyState === 'complete'`)
	}
	sent = s.x.line.settled(s.t, late, 1)
	return evaluate[string](s.b, `location.pathname`), sent
}

// twice presses the button with exactly these words two times with the mouse, as a person does who thinks that the first did
// nothing.
func (b *person) twice(words string, pause time.Duration) {
	b.t.Helper()
	at := b.buttonAt(words)
	b.mouse(at)
	time.Sleep(pause)
	b.mouse(at)
}

// buttonAt is the middle of the button with exactly these words.
func (b *person) buttonAt(words string) [2]float64 {
	b.t.Helper()
	b.still()
	return evaluate[[2]float64](b, `(() => {
		const button = [...document.querySelectorAll('main button')].find(b => b.innerText.trim() === '`+words+`')
		button.scrollIntoView({block: 'center', behavior: 'instant'})
		const box = button.getBoundingClientRect()
		return [box.x + box.width / 2, box.y + box.height / 2]
	})()`)
}

// mouse presses and releases its button at a place of the window.
func (b *person) mouse(at [2]float64) {
	b.t.Helper()
	for _, what := range []input.DispatchMouseEventType{"mousePressed", "mouseReleased"} {
		ctx, cancel := b.step()
		event := input.DispatchMouseEventParams{Type: what, X: at[0], Y: at[1], Button: "left", ClickCount: 1}
		_, err := chromedp.Call(ctx, input.DispatchMouseEvent, event)
		cancel()
		if err != nil {
			b.t.Logf("%s: %v", what, err) // the page went away under the mouse
		}
	}
}
