package handlers

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/geo"
	"example.com/gatehouse/internal/geo/geotest"
	"example.com/gatehouse/webtest"
)

// With an address database, devices, activity and emails name the country beside the address; without one nobody guesses.
func TestCountryBesideTheAddress(t *testing.T) {
	t.Parallel()
	countries, err := geo.Open(geotest.Write(t, map[string]string{"203.0.113.0/24": "Portugal", "198.51.100.0/24": "New Zealand"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []bool{true, false} {
		p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) {
			if known {
				o.Country = countries.Country
			}
		})
		u := p.newUser("Petra")
		b := p.browser()
		b.IP = "203.0.113.7"
		b.Post("/login", "email", u.Email, "password", password).Want(http.StatusSeeOther)
		b.IP, b.Agent = "198.51.100.7", webtest.FirefoxOnWindows
		other := p.browser()
		other.IP, other.Agent = "198.51.100.8", webtest.FirefoxOnWindows
		other.Post("/login", "email", u.Email, "password", password).Want(http.StatusSeeOther)
		other.Post("/account/security/password", "current_password", password, "password", otherPassword).Leads("/account/security")

		devices, trail := other.Get("/account/sessions"), other.Get("/account/activity")
		var mail string
		webtest.Until(t, "an email", func() bool {
			mail = p.browser().Get("/dev/mail").Body
			return strings.Contains(mail, "Your password was changed")
		})
		for place, found := range map[string]bool{
			"devices": strings.Contains(webtest.Text(devices.Body), "198.51.100.8 , New Zealand"), "activity": strings.Contains(webtest.Text(trail.Body), "203.0.113.7, Portugal"),
			"email": strings.Contains(strings.Join(strings.Fields(mail), " "), "from Firefox on Windows in New Zealand."),
		} {
			if found != known {
				t.Errorf("%s, with a database %t: a country %t", place, known, found)
			}
		}
		if all := devices.Body + trail.Body + mail; !known && (strings.Contains(all, "Portugal") || strings.Contains(all, "New Zealand")) {
			t.Error("a country is guessed")
		}
	}
}
