package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"example.com/gatehouse/webtest"
)

// answerAfter is how long the answer to a form takes in TestDoublePress, longer than most pauses between two presses.
const answerAfter = 300 * time.Millisecond

// slowly is the portal behind a line on which the answer to a form comes late, as on a bad day in a train.
func (p *program) slowly(t *testing.T) *program {
	t.Helper()
	to, err := url.Parse(p.Origin)
	if err != nil {
		t.Fatal(err)
	}
	line := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodPost {
				time.Sleep(answerAfter)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // the browser has given up this answer
	})
	t.Cleanup(line.Close)
	slow, far := *p, *p.Program
	far.Origin = line.URL
	slow.Program = &far
	return &slow
}

// twice presses the button with exactly these words two times with the mouse, as a person does who thinks that the first did
// nothing.
func (b *person) twice(words string, pause time.Duration) {
	b.t.Helper()
	b.still()
	at := evaluate[[2]float64](b, `(() => {
		const button = [...document.querySelectorAll('main button')].find(b => b.innerText.trim() === '`+words+`')
		button.scrollIntoView({block: 'center'})
		const box = button.getBoundingClientRect()
		return [box.x + box.width / 2, box.y + box.height / 2]
	})()`)
	for i := range 2 {
		for _, what := range []input.DispatchMouseEventType{"mousePressed", "mouseReleased"} {
			ctx, cancel := b.step()
			_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: what, X: at[0], Y: at[1], Button: "left", ClickCount: 1})
			cancel()
			if err != nil && i == 0 {
				b.t.Fatal(err)
			}
		}
		if i == 0 {
			time.Sleep(pause)
		}
	}
}

// pausesBetweenPresses are how long a person takes between two presses of one button.
func pausesBetweenPresses() []time.Duration {
	if !*full {
		return []time.Duration{110 * time.Millisecond}
	}
	return []time.Duration{0, 50 * time.Millisecond, 110 * time.Millisecond, 500 * time.Millisecond}
}

// TestDoublePress presses each form of an act twice before its answer is there. There is one change, and the person is where they
// wanted to be, signed in, with nothing to be alarmed about.
func TestDoublePress(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t)).slowly(t)
	for _, pause := range pausesBetweenPresses() {
		for _, scripts := range []bool{true, false} {
			if !*full && scripts {
				continue // without them nothing in the page can help
			}
			t.Run(strings.Join([]string{pause.String(), map[bool]string{true: "with scripts", false: "without"}[scripts]}, " "), func(t *testing.T) {
				t.Parallel()
				b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
				callWith(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
				b.pressesTwice(p, pause)
			})
		}
	}
}

func (b *person) pressesTwice(p *program, pause time.Duration) {
	email := p.account(b.t, "Ada Lovelace")
	b.open("/login?next=%2Faccount%2Fsecurity")
	b.fill("email", email)
	b.fill("password", webtest.Password)
	b.twice("Sign in", pause)
	b.arrives("/account/security")

	b.open("/reauth?next=%2Faccount%2Fsecurity%2Ftotp")
	b.fill("password", webtest.Password)
	b.twice("Confirm", pause)
	b.arrives("/account/security/totp")
	b.press("Begin")
	app := b.readSecret()
	b.fill("code", app.code(b.t))
	b.twice("Set up the app", pause)
	b.arrives("/account/security/recovery-codes")
	if codes := b.recoveryCodes(); len(codes) != 10 {
		b.t.Errorf("%d recovery codes on the page, want 10", len(codes))
	}

	b.open("/account/security/password")
	b.fill("current_password", webtest.Password)
	b.fill("password", webtest.OtherPassword)
	b.fill("code", app.code(b.t))
	b.twice("Change password", pause)
	b.arrives("/account/security")

	var flags, live, changes int
	p.ask(b.t, `SELECT count(*) FROM sessions JOIN users ON users.id = user_id WHERE email = $1 AND flag <> ''`, []any{email}, &flags)
	p.ask(b.t, `SELECT count(*) FROM sessions JOIN users ON users.id = user_id WHERE email = $1 AND ended_at IS NULL`, []any{email}, &live)
	p.ask(b.t, `SELECT count(*) FROM events JOIN users ON users.id = user_id WHERE email = $1 AND kind IN ('authn_password_change', 'mfa_enrolled')`, []any{email}, &changes)
	if flags != 0 || live != 1 || changes != 2 {
		b.t.Errorf("%d flags, %d live sessions, %d changes, want 0, 1, 2", flags, live, changes)
	}
}
