package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Act lets the victim make a move of the lab. A RefusalError says why nothing happened.
func (b *Bench) Act(name, given string) error {
	i := slices.IndexFunc(b.Lab.Moves, func(m Move) bool { return m.Name == name })
	if i < 0 {
		return RefusalError("The victim of this lab does nothing of that kind.")
	}
	b.acting.Lock()
	defer b.acting.Unlock()
	return b.Lab.Moves[i].do(b, given)
}

// sends sends a request of the victim's to the twin.
func (b *Bench) sends(c *browser, method, path string, fields ...string) *answer {
	form := url.Values{}
	for pair := range slices.Chunk(fields, 2) {
		form.Set(pair[0], pair[1])
	}
	return b.do(c, request{method: method, path: path, form: form})
}

func (b *Bench) do(c *browser, q request) *answer {
	q.path = "/" + b.Address + q.path
	return c.send(context.WithValue(context.Background(), actorKey{}, c.who), b, b.Origin, q)
}

// note changes what is known of the bench.
func (b *Bench) note(change func(*facts)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.facts)
}

// maxHeard is how much of what reached the attacker is kept.
const maxHeard = 10

func (b *Bench) hears(what string) {
	b.note(func(f *facts) {
		f.heard = append(f.heard, what)
		f.heard = slices.Clone(f.heard[max(0, len(f.heard)-maxHeard):])
	})
}

func (b *Bench) did(what string) {
	b.note(func(f *facts) { f.did[what] = true })
}

const errNotSignedIn = RefusalError("The victim is not signed in. Let the victim sign in first.")

func (b *Bench) signsIn(c *browser) error {
	b.sends(c, http.MethodGet, "/login")
	a := b.sends(c, http.MethodPost, "/login", "email", b.facts.victim.email, "password", b.facts.victim.password)
	if a.status != http.StatusSeeOther {
		return RefusalError("The victim was not let in: too many wrong passwords were tried. Begin again.")
	}
	b.sends(c, http.MethodGet, strings.TrimPrefix(a.header.Get("Location"), "/"+b.Address))
	return nil
}

// The moves. Whatever the attacker takes after something has happened proves nothing about it, so signing in and copying begin
// anew.
var (
	signIn = Move{"sign-in", "Let the victim sign in", "Opens the sign-in page, types the password, and reads the account.", "", func(b *Bench, _ string) error {
		b.note(func(f *facts) {
			clear(f.did)
			f.began = time.Now().UTC()
		})
		return b.signsIn(b.phone)
	}}
	copyCookie = Move{"copy", "Copy the victim\u2019s cookie", "The victim is away from the keyboard for a minute, and you open the developer tools.", "", func(b *Bench, _ string) error {
		if b.sends(b.phone, http.MethodGet, "/account").status != http.StatusOK {
			return errNotSignedIn
		}
		b.note(func(f *facts) {
			f.copied = b.phone.cookies(request{})
			clear(f.did)
		})
		return nil
	}}
	signOut = Move{"sign-out", "Let the victim sign out", "Presses the button, and reads that it is done.", "", func(b *Bench, _ string) error {
		if b.sends(b.phone, http.MethodGet, "/account").status != http.StatusOK {
			return errNotSignedIn
		}
		b.sends(b.phone, http.MethodPost, "/logout")
		b.did("sign-out")
		return nil
	}}
	confirm = Move{"confirm", "Let the victim confirm the password", "The portal asks for it before something important, and gives the session a new token.", "", func(b *Bench, _ string) error {
		if b.sends(b.phone, http.MethodPost, "/reauth", "password", b.facts.victim.password).header.Get("Location") != "/"+b.Address+"/account/sessions" {
			return errNotSignedIn
		}
		b.did("confirm")
		return nil
	}}
	endOthers = Move{"end-others", "Let the victim sign out everywhere else", "Signs in on another computer, sees a session too many, and ends all the others.", "", func(b *Bench, _ string) error {
		return b.onLaptop("end-others", "/account/sessions", "/account/sessions/end-others")
	}}
	newPassword = Move{"new-password", "Let the victim change the password", "Does it on another computer, because somebody may know the old one.", "", func(b *Bench, _ string) error {
		next := strings.ToLower(rand.Text())
		if err := b.onLaptop("new-password", "/account", "/account/password", "current_password", b.facts.victim.password, "password", next); err != nil {
			return err
		}
		b.note(func(f *facts) { f.victim.password = next })
		return nil
	}}
	plant = Move{"plant", "Plant this cookie in the victim\u2019s browser", "By a script on a neighbouring host, or at a computer that both of you use.", "Cookie, as name=value", func(b *Bench, given string) error {
		cookies, err := http.ParseCookie(given)
		if err != nil || len(cookies) != 1 || len(given) > 300 {
			return RefusalError("Write one cookie as name=value, as the answer to a request of yours has it.")
		}
		b.phone.jar[cookies[0].Name] = cookies[0]
		return nil
	}}
	readBoard = Move{"read", "Let the victim read the board", "Opens the page with all notes. Scripts in it run.", "", func(b *Bench, _ string) error {
		a := b.sends(b.phone, http.MethodGet, "/board")
		if a.status != http.StatusOK {
			return errNotSignedIn
		}
		b.runScripts(a)
		return nil
	}}
	sendLink = Move{"send-link", "Ask the victim for the address of that page", "The victim copies what stands in the address bar, and sends it to you.", "", func(b *Bench, _ string) error {
		if b.phone.at == "" {
			return errNotSignedIn
		}
		b.hears("The victim wrote: have a look, " + b.phone.at)
		return nil
	}}
)

// onLaptop signs the victim in with another browser, opens a page and sends a form there.
func (b *Bench) onLaptop(what, page, form string, fields ...string) error {
	if b.sends(b.phone, http.MethodGet, "/account").status != http.StatusOK {
		return errNotSignedIn
	}
	laptop := newBrowser(victim)
	if err := b.signsIn(laptop); err != nil {
		return err
	}
	b.sends(laptop, http.MethodGet, page)
	if b.sends(laptop, http.MethodPost, form, fields...).status != http.StatusSeeOther {
		return RefusalError("The twin refused that. Begin again.")
	}
	b.did(what)
	return nil
}

// runScripts is as much of a script as the lab needs: one that speaks of document.cookie and may run sends it to the attacker.
func (b *Bench) runScripts(page *answer) {
	text := strings.ToLower(page.body.String())
	runs := strings.Contains(text, "<script") || strings.Contains(text, "onerror=") || strings.Contains(text, "onload=")
	if !runs || !strings.Contains(text, "document.cookie") {
		return
	}
	heard := "The script did not run: the headers of the page forbid it."
	if page.header.Get("Content-Security-Policy") == "" {
		heard = "Your script sent document.cookie: \u201c" + b.phone.forScripts() + "\u201d"
	}
	b.hears(heard)
}

// slowLimit is how long a slow request is held.
const slowLimit = 5 * time.Minute

// beginSlow begins a request that takes its time. The twin has read the session once it reads the body.
var beginSlow = Move{"slow", "Let the victim begin a slow request", "Another tab sends a form over a bad line. Half of it has arrived.", "", func(b *Bench, _ string) error {
	if b.slow != nil {
		return RefusalError("A slow request is under way already. Let it arrive first.")
	}
	read, write := io.Pipe()
	b.slow, b.slowed = write, make(chan struct{})
	q := request{method: http.MethodPost, path: "/probe/bag", body: read, cookie: b.phone.cookies(request{})}
	go func(done chan struct{}) {
		defer close(done)
		b.do(newBrowser(victim), q)
		_ = read.CloseWithError(errors.New("answered"))
	}(b.slowed)
	b.held = time.AfterFunc(slowLimit, func() { _ = write.CloseWithError(io.ErrUnexpectedEOF) })
	if _, err := write.Write([]byte("value=half")); err != nil {
		b.letGo()
		return errNotSignedIn
	}
	return nil
}}

var endSlow = Move{"slow-arrives", "Let the slow request arrive", "The second half comes in, and the twin answers.", "", func(b *Bench, _ string) error {
	if b.slow == nil {
		return RefusalError("No slow request is under way.")
	}
	_, _ = b.slow.Write([]byte("+of+a+form"))
	_ = b.slow.Close()
	b.letGo()
	return nil
}}
