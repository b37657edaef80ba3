package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/guard"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Ada")
		b, other := p.signedIn(u), p.signedIn(p.newUser("Bea"))
		holds(b.Get(profilePage).Want(http.StatusOK).Says(u.Email).Says("Member since"), `value="Ada"`, "data-keepalive", `data-on-end="keep"`)

		wrong := b.Post(profilePage, "name", "Ada\u202e").Want(http.StatusUnprocessableEntity)
		holds(wrong.Says("There is a problem").Says("Leave out invisible characters"), "value=\"Ada\u202e\"", `aria-invalid="true"`)
		b.Post(profilePage).Want(http.StatusUnprocessableEntity).Says("Tell us what to call you.")
		b.Post(profilePage, "name", strings.Repeat("x", 101)).Want(http.StatusUnprocessableEntity).Says("Use at most 100 characters.")
		b.Post(profilePage, "name", " Ada ").Leads(profilePage)
		b.Get(profilePage).Says("Nothing was changed.")
		events := func() int {
			return p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'profile_changed'`)
		}
		if n := events(); n != 0 || p.nameOf(u) != "Ada" {
			t.Fatalf("%d events, named %q before any change", n, p.nameOf(u))
		}

		b.Post(profilePage, "name", " Ada  Lovelace ", "email", "x@example.org", "role", "admin", "id", "x").Leads(profilePage)
		holds(b.Get("/account").Says("Your profile was saved.").Says("Signed in as Ada Lovelace , "+u.Email), `<bdi class="name">Ada Lovelace</bdi>`, ">AL<")
		b.Get("/account/activity?kind=account").Says("Name changed")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'profile_changed' AND user_id = $1 AND session_id = $2 AND ip <> ''`, u.ID, b.Handle()); n != 1 || events() != 1 {
			t.Errorf("%d events of one change", n)
		}
		if strings.Contains(p.log.String(), "Lovelace") || !strings.Contains(p.log.String(), `"msg":"profile_changed"`) {
			t.Error("the log has the name, or not the event")
		}
		b.Post("/account/security/password", "current_password", password, "password", otherPassword).Want(http.StatusSeeOther)
		if message := p.email(u.Email, "password"); !strings.Contains(message, "Ada Lovelace") {
			t.Errorf("the email is not to Ada Lovelace:\n%s", message)
		}
		other.Get("/account").Says("Bea")
	})
}

// A name changed over and over does not bury the rest of the trail. Mistakes cost nothing, and nobody else waits.
func TestNameChangesAreLimited(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Ada")
		b := p.signedIn(u)
		for i := range guard.NameChanges.Burst {
			b.Post(profilePage).Want(http.StatusUnprocessableEntity)
			b.Post(profilePage, "name", p.nameOf(u)).Leads(profilePage)
			b.Post(profilePage, "name", fmt.Sprint("Ada ", i)).Leads(profilePage)
		}
		before := p.nameOf(u)
		late := p.signedIn(u).Post(profilePage, "name", "Ada Lovelace").Want(http.StatusTooManyRequests)
		holds(late.Says("Please try again in"), `value="Ada Lovelace"`, `aria-invalid="true"`)
		if late.Header.Get("Retry-After") == "" || p.nameOf(u) != before {
			t.Errorf("no Retry-After, or called %q now", p.nameOf(u))
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'profile_changed'`, u.ID); n != guard.NameChanges.Burst {
			t.Errorf("%d changes in the trail, want %d", n, guard.NameChanges.Burst)
		}
		p.signedIn(p.newUser("Bea")).Post(profilePage, "name", "Bea B").Leads(profilePage)
	})
}
