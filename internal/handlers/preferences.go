package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/brand"
)

// preferences are how a page is shown.
type preferences struct {
	Theme    string // "light" or "dark"; "" leaves it to the system
	NotesOff bool   // margin notes are hidden
	GuideOff bool   // and so is the way through the demo
	NoNotes  bool   // from everybody, so there is nothing to choose
}

// storedPreferences are what somebody chose for this browser; "" is what they left to us. The words come from these lists,
// never from the browser.
type storedPreferences struct{ theme, notes, guide string }

var (
	themes  = []string{"light", "dark"}
	toggles = []string{"on", "off"}
)

// preferencesLife is how long a browser remembers them, from the last choice on.
const preferencesLife = 365 * 24 * time.Hour

// preferencesCookie carries them with the attributes of the session's own cookie. It says nothing about who somebody
// is, makes no session and fills no bag.
func (a *app) preferencesCookie(p storedPreferences) *http.Cookie {
	c := a.Bag.Cookie()
	c.Name, c.Value, c.MaxAge = brand.Cookie(brand.PreferencesCookie, c.Secure), p.theme+"."+p.notes, int(preferencesLife.Seconds())
	if p.guide != "" {
		c.Value += "." + p.guide
	}
	if p == (storedPreferences{}) {
		c.Value, c.MaxAge = "", -1
	}
	return &c
}

// storedPreferencesOf reads the cookie. What is not one of our words, or comes twice, is no choice.
func (a *app) storedPreferencesOf(r *http.Request) storedPreferences {
	sent := r.CookiesNamed(a.preferencesCookie(storedPreferences{}).Name)
	if len(sent) != 1 {
		return storedPreferences{}
	}
	theme, rest, _ := strings.Cut(sent[0].Value, ".")
	notes, guide, _ := strings.Cut(rest, ".")
	return storedPreferences{theme: word(themes, theme), notes: word(toggles, notes), guide: word(toggles, guide)}
}

// word returns the word of the list that equals the text, or "".
func word(list []string, text string) string {
	if i := slices.Index(list, text); i >= 0 {
		return list[i]
	}
	return ""
}

func (a *app) preferencesOf(r *http.Request) preferences {
	p := a.storedPreferencesOf(r)
	return preferences{
		Theme: p.theme, NotesOff: p.notes == "off" || a.NotesOff, NoNotes: a.NotesOff, GuideOff: p.guide == "off",
	}
}

// setPreferences changes what the form names and leaves the rest as it was.
func (a *app) setPreferences(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "theme", "notes", "guide", "next")
	if err != nil {
		return err
	}
	p := a.storedPreferencesOf(r)
	if theme := f["theme"]; theme != "" {
		p.theme = word(themes, theme)
		if p.theme == "" && theme != "system" {
			return badRequest("There is no such theme. Nothing was changed.")
		}
	}
	if notes := f["notes"]; notes != "" {
		if p.notes = word(toggles, notes); p.notes == "" {
			return badRequest("Notes can be on or off. Nothing was changed.")
		}
	}
	if guide := f["guide"]; guide != "" {
		if p.guide = word(toggles, guide); p.guide == "" {
			return badRequest("The guide can be on or off. Nothing was changed.")
		}
	}
	http.SetCookie(w, a.preferencesCookie(p))
	seeOther(w, r, a.page(f["next"]))
	return nil
}

// page returns next if it is an address of this portal that can be opened, and the start page otherwise. Unlike
// destination it accepts every page: people only come back to where they are, and gain no rights on the way.
func (a *app) page(next string) string {
	const start = "/"
	if !isLocal(next) {
		return start
	}
	u, err := url.Parse(next)
	if err != nil || !a.routes.Match(chi.NewRouteContext(), http.MethodGet, u.Path) {
		return start
	}
	return next
}
