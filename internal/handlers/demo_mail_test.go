package handlers

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/webtest"
)

func init() { views = append(views, &demoMailView{}) }

// linkInBox is the newest link of that kind in the mailbox of the demo.
func (b *browser) linkInBox(beginning string) string {
	b.p.t.Helper()
	found := regexp.MustCompile(`href="https://portal\.test(` + beginning + `[A-Z2-7]{26})"`).FindStringSubmatch(b.Get(mailPage).Want(http.StatusOK).Body)
	if found == nil {
		b.p.t.Fatalf("no link to %s in the mailbox", beginning)
	}
	return found[1]
}

// What the portal would have sent to a demo is in its mailbox, which its owner alone reads, and nothing of it leaves.
func TestDemoMailbox(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b, other, phone := p.inDemo(), p.inDemo(), p.browser()
		email, made := b.demo()
		phone.Agent = webtest.FirefoxOnWindows
		phone.Post(b.link()).Leads(home)
		b.Get(mailPage).Says("A sign-in from a new device").Says("Firefox on Windows").Says(email)
		b.Post("/account/security/password", "current_password", made, "password", otherPassword).Leads(securityPage)
		b.Get(mailPage).Says("Your password was changed")
		other.Get(mailPage).SaysNot(email).SaysNot("Your password was changed")
		p.signedIn(p.newUser("Mia")).Get(mailPage).Want(http.StatusNotFound)
		p.app.Outbox.Send(p.app.emails.AlreadyMember("last@example.org"))
		p.email("last@example.org", "account")
		for _, l := range p.outbox.Emails() {
			if strings.HasSuffix(l.To, "@demo.example") {
				t.Errorf("an email to %s left: %s", l.To, l.Subject)
			}
		}
		if dump := p.dumpOf("demo_emails"); strings.Contains(dump, email) || strings.Contains(dump, "password") {
			t.Error("an email is stored in the clear")
		}
	})
}

// A demo changes its address to another that nobody has, confirms it by its email, and takes it back by the other.
func TestDemoChangesItsAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.inDemo()
	_, made := b.demo()
	b.Reauth(made).Leads(sessionsPage)
	b.Post("/account/email", "email", webtest.Email()).Want(http.StatusUnprocessableEntity).Says("has to end in @demo.example")
	other, _ := p.inDemo().demo()
	b.Post("/account/email", "email", other).Leads("/account/email")
	b.Get(mailPage).SaysNot("already")
	b.Post("/account/email", "email", "marta.reis@demo.example").Leads("/account/email")
	b.opens(b.linkInBox("/account/email/confirm/"))
	b.Post("/account/email/confirm").Leads("/account/profile")
	b.Get(home).Says("marta.reis@demo.example")
	undo := b.linkInBox("/email/undo/")
	b.Submit(b.Follow(b.Get(undo)), "/email/undo").Leads(signedOutPage)
	b.Get(signedOutPage).Says("A new demo").SaysNot("Back to my demo")
	if n := len(p.outbox.Emails()); n != 0 {
		t.Errorf("%d emails left", n)
	}
	member := p.signedIn(p.newUser("Mia"))
	member.Reauth(password).Leads(sessionsPage)
	member.Post("/account/email", "email", "mia@demo.example").Want(http.StatusUnprocessableEntity)
}

// A mailbox keeps the newest emails, and goes with its demo.
func TestDemoMailboxIsBounded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.inDemo()
	email, _ := b.demo()
	id := p.demoID(email)
	for range mail.MaxInBox + 5 {
		if !p.app.Outbox.Send(p.app.emails.AlreadyMember(email).Into(id)) {
			t.Fatal("not stored")
		}
	}
	last := p.app.emails.WrongCodes(email, "N").Into(id)
	p.app.Outbox.Send(last)
	if n := p.count(`SELECT count(*) FROM demo_emails WHERE user_id = $1`, id); n != mail.MaxInBox {
		t.Errorf("%d emails, want %d", n, mail.MaxInBox)
	}
	b.Get(mailPage).Says(last.Subject)
	p.exec(`DELETE FROM users WHERE id = $1`, id)
	if n := p.count(`SELECT count(*) FROM demo_emails`); n != 0 {
		t.Errorf("%d emails of a demo that is gone", n)
	}
}

// An email whose key is gone is left out, and said in the log; the others are shown, and the pages of the scenes too.
func TestDemoMailboxWithAnEmailThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.inDemo()
		email, _ := b.demo()
		id := p.demoID(email)
		b.begins(demo.SceneDevices)
		p.app.Outbox.Send(p.app.emails.AlreadyMember(email).Into(id))
		p.exec(`UPDATE demo_emails SET sealed = $1 WHERE user_id = $2`, []byte("of another key"), id)
		kept := p.app.emails.WrongCodes(email, "N").Into(id)
		p.app.Outbox.Send(kept)
		b.Get(mailPage).Want(http.StatusOK).Says(kept.Subject)
		b.Get(scenePage + demo.SceneDevices).Want(http.StatusOK).Says("In your mailbox")
		if !strings.Contains(p.log.String(), "email in a mailbox not opened") {
			t.Error("nothing in the log")
		}
	})
}

// The email about the thief is on the page of the scene.
func TestSceneThiefWritesToItsOwner(t *testing.T) {
	t.Parallel()
	p := withThief(t, sqliteBackend(t))
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		time.Sleep(time.Second)
		b.begins(demo.SceneThief)
		b.Get(scenePage + demo.SceneThief)
		time.Sleep(4 * time.Second)
		b.Get(scenePage + demo.SceneThief).Says("In your mailbox").Says("cookie")
		b.Get(mailPage).Says("old cookie")
	})
}
