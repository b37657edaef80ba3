package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestProfile(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u := p.newUser("Ada")
			b, other := p.signedIn(u), p.signedIn(p.newUser("Bea"))
			b.get(profilePage).want(http.StatusOK).says(u.Email).says("Member since").holds(`value="Ada"`, "data-keepalive", `data-on-end="keep"`)

			wrong := b.post(profilePage, "name", "Ada\u202e").want(http.StatusUnprocessableEntity)
			wrong.says("There is a problem").says("Leave out invisible characters").holds("value=\"Ada\u202e\"", `aria-invalid="true"`)
			b.post(profilePage).want(http.StatusUnprocessableEntity).says("Tell us what to call you.")
			b.post(profilePage, "name", strings.Repeat("x", 101)).want(http.StatusUnprocessableEntity).says("Use at most 100 characters.")
			b.post(profilePage, "name", " Ada ").location(profilePage)
			b.get(profilePage).says("Nothing was changed.")
			events := func() int { return p.count(`SELECT count(*) FROM events WHERE kind = 'profile_changed'`) }
			if n := events(); n != 0 || p.nameOf(u) != "Ada" {
				t.Fatalf("%d events, named %q before any change", n, p.nameOf(u))
			}

			b.post(profilePage, "name", " Ada  Lovelace ", "email", "x@example.org", "role", "admin", "id", "x").location(profilePage)
			b.get("/account").says("Your profile was saved.").says("Signed in as Ada Lovelace , "+u.Email).holds(`<bdi class="name">Ada Lovelace</bdi>`, ">AL<")
			b.get("/account/activity?kind=account").says("Name changed")
			if n := p.count(`SELECT count(*) FROM events WHERE kind = 'profile_changed' AND user_id = $1 AND session_id = $2 AND ip <> ''`, u.ID, b.handle()); n != 1 || events() != 1 {
				t.Errorf("%d events of one change", n)
			}
			if strings.Contains(p.log.String(), "Lovelace") || !strings.Contains(p.log.String(), `"msg":"profile_changed"`) {
				t.Error("the log has the name, or not the event")
			}
			b.post("/account/security/password", "current_password", password, "password", otherPassword).want(http.StatusSeeOther)
			if letter := p.letter(u.Email, "password"); !strings.Contains(letter, "Ada Lovelace") {
				t.Errorf("the letter is not to Ada Lovelace:\n%s", letter)
			}
			other.get("/account").says("Bea")
		})
	}
}

// A name changed over and over does not bury the rest of the trail. Mistakes cost nothing, and nobody else waits.
func TestNameChangesAreLimited(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u := p.newUser("Ada")
			b := p.signedIn(u)
			for i := range perProfile.Burst {
				b.post(profilePage).want(http.StatusUnprocessableEntity)
				b.post(profilePage, "name", p.nameOf(u)).location(profilePage)
				b.post(profilePage, "name", fmt.Sprint("Ada ", i)).location(profilePage)
			}
			before := p.nameOf(u)
			late := p.signedIn(u).post(profilePage, "name", "Ada Lovelace").want(http.StatusTooManyRequests)
			late.says("Please try again in").holds(`value="Ada Lovelace"`, `aria-invalid="true"`)
			if late.Header.Get("Retry-After") == "" || p.nameOf(u) != before {
				t.Errorf("no Retry-After, or called %q now", p.nameOf(u))
			}
			if n := p.count(`SELECT count(*) FROM events WHERE user_id = $1 AND kind = 'profile_changed'`, u.ID); n != perProfile.Burst {
				t.Errorf("%d changes in the trail, want %d", n, perProfile.Burst)
			}
			p.signedIn(p.newUser("Bea")).post(profilePage, "name", "Bea B").location(profilePage)
		})
	}
}
