package handlers

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/webtest"
)

func passwordsHaveALength(t *testing.T) {
	tryPasswords(t, []string{"fifteen letters", "zwölf für mutig", strings.Repeat("🦆🐢🦊", 5) + "🐝"}, map[string]string{
		"fourteen signs": "Use at least 15", "🦆🐢🦊🐙🦉🐝🦋🐌🐞🦂🐍🦎🐠🐡": "Use at least 15", "": "Choose a password",
		"cafe\u0301 cafe\u0301 xy": "Use at least 15", // 14 once it is composed
	})
}

func passwordsCanBeChanged(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Vera")
	p.signedIn(u).changePassword().Leads("/account/security")
	p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusUnprocessableEntity)
	p.browser().SignIn(u.Email, otherPassword)
}

func aChangeNeedsTheCurrentPassword(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Vito")
	b := p.signedIn(u)
	b.Reauth(password) // a re-authentication does not stand for it
	for _, current := range []string{"", "wrong, and long enough", otherPassword, strings.ToUpper(password)} {
		b.Post("/account/security/password", "current_password", current, "password", otherPassword).Want(http.StatusUnprocessableEntity)
	}
	p.browser().Post("/login", "email", u.Email, "password", otherPassword).Want(http.StatusUnprocessableEntity)
	p.browser().SignIn(u.Email, password)
}

func commonPasswordsAreRefused(t *testing.T) {
	list, err := os.ReadFile("../auth/common-passwords.txt")
	if err != nil {
		t.Fatal(err)
	}
	const why = "one of the first that attackers try"
	refused := map[string]string{"password1password1": why, "abcabcabcabcabc": why, "aaaaaaaaaaaaaaaaaaaa": why}
	fits := 0
	for line := range strings.FieldsSeq(string(list)) {
		if len(line) >= 8 { // the least that the standard allows, 6.2.1
			fits++
		}
		if len(line) >= auth.MinPassword && len(refused) < 40 {
			refused[line], refused[strings.ToUpper(line)] = why, why
		}
	}
	if fits < 3000 {
		t.Errorf("%d passwords on the list, want 3000 and more", fits)
	}
	tryPasswords(t, nil, refused)
}

func passwordsHaveNoComposition(t *testing.T) {
	tryPasswords(t, []string{
		"onlylowercaseletters", "ONLYUPPERCASELETTERS", "83926401758362916", "   spaces at both ends   ",
		"!?.,;:#+*~'<>|&%$", "ключи лежат под камнем", "四つの静かな提灯が揺れている夜", "no digits, no capitals",
	}, nil)
}

var passwordInput = regexp.MustCompile(`<input[^>]*name="([a-z_]*password[a-z_]*)"[^>]*>`)

// passwordInputs walks every page that can be opened and returns its fields for passwords.
func passwordInputs(t *testing.T) (inputs []string) {
	t.Helper()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Formia"))
	anonymous := p.browser()
	anonymous.Get(anonymous.forgets(p.newUser("Forgetta").Email)).Want(http.StatusSeeOther)
	err := chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet && !strings.ContainsAny(route, "{*") {
			for _, visitor := range []*browser{anonymous, b} {
				inputs = append(inputs, passwordInput.FindAllString(visitor.Get(route).Body, -1)...)
			}
		}
		return nil
	})
	if err != nil || len(inputs) < 5 {
		t.Fatalf("%d fields for passwords found, %v, want those of sign-up, sign-in, change, reset and re-authentication", len(inputs), err)
	}
	return inputs
}

func passwordsAreHidden(t *testing.T) {
	for _, input := range passwordInputs(t) {
		if !strings.Contains(input, `type="password"`) {
			t.Errorf("not hidden: %s", input)
		}
	}
}

func passwordsCanBePasted(t *testing.T) {
	for _, input := range passwordInputs(t) {
		if !strings.Contains(input, `autocomplete="current-password"`) && !strings.Contains(input, `autocomplete="new-password"`) {
			t.Errorf("a password manager does not know this field: %s", input)
		}
		if strings.Contains(input, " on") || strings.Contains(input, " maxlength=") || strings.Contains(input, "readonly") {
			t.Errorf("this field may not take what is pasted: %s", input)
		}
	}
	for _, script := range []string{"/static/idle.js", "/static/clock.js", "/static/page.js"} {
		if body := newPortal(t).browser().Get(script).Want(http.StatusOK).Body; strings.Contains(body, "paste") {
			t.Errorf("%s has something to do with pasting", script)
		}
	}
}

func passwordsAreCheckedAsSent(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	const long = "Twelve grey geese went over the hill before the first snow of that winter fell, I think" // 87 bytes
	u, err := p.accounts.CreateUser(t.Context(), "Exacta", webtest.Email(), long, auth.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{
		long[:72], long[:64], long + " ", " " + long, strings.ToLower(long), long[:72] + "X" + long[73:], long + "\x01", strings.ReplaceAll(long, " ", "  "),
	} {
		p.browser().Post("/login", "email", u.Email, "password", other).Want(http.StatusUnprocessableEntity)
	}
	p.browser().SignIn(u.Email, long)
	const odd = "  <b>&amp;</b> %41+%20 \t 'quotes\" \\ "
	p.signedInBy(u, long).Post("/account/security/password", "current_password", long, "password", odd).Want(http.StatusSeeOther)
	p.browser().SignIn(u.Email, odd)
}

// signedInBy is signedIn with another password.
func (p *portal) signedInBy(u auth.User, password string) *browser {
	p.t.Helper()
	b := p.browser()
	b.SignIn(u.Email, password)
	return b
}

func passwordsMayBeLong(t *testing.T) {
	varied := func(n int) string {
		return strings.Repeat("a quiet lantern hangs by the gate of the old house, ", 3)[:n]
	}
	tryPasswords(t, []string{varied(64), varied(128), strings.Repeat("🦆🐢🦊🐙🦉🐝🦋🐌", 15) + "🐞🦂🐍🦎🐠🐡🦈🐬"},
		map[string]string{varied(129): "Use at most 128", strings.Repeat("x y", 10_000): "Use at most 128"})
	p := newPortal(t)
	megabyte := strings.Repeat("a", 1<<20)
	u := p.newUser("Megan")
	for _, res := range []*webtest.Answer{
		p.browser().Post("/login", "email", u.Email, "password", megabyte),
		p.browser().Post("/signup", "name", "N", "email", webtest.Email(), "password", megabyte),
		p.signedIn(u).Post("/account/security/password", "current_password", password, "password", megabyte),
		p.browser().Post(p.browser().forgets(u.Email), "password", megabyte),
	} {
		res.Want(http.StatusRequestEntityTooLarge)
	}
}

func passwordsDoNotRunOut(t *testing.T) {
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u := p.newUser("Dora")
		for range 3 {
			time.Sleep(2 * 365 * 24 * time.Hour)
			b := p.signedIn(u)
			b.Get("/account").Want(http.StatusOK)
		}
	})
}

func contextWordsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/security/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	row := between(string(doc), "| v5.0.0-6.1.2 |", "\n")
	for _, words := range []string{"the person's name", "their address and its parts", "`" + strings.ToLower(brand.Name) + "`"} {
		if !strings.Contains(row, words) {
			t.Errorf("the row of 6.1.2 does not name %s", words)
		}
	}
}

func contextWordsAreRefused(t *testing.T) {
	const why = "made of your name, your address or the name of this portal"
	tryPasswords(t, []string{"Wilhelmina has a cat"}, map[string]string{
		strings.ToLower(brand.Name + "-" + brand.Name): why, brand.Name + " 2026 2026": why, "wilhelmina 19 04 93": why, "Wilhelmina.Harker": why,
		"carfax-abbey 123456": why, chooserEmail: why, "HarkerWilhelmina1!": why,
	})
}

func noHints(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Hinta"))
	names := regexp.MustCompile(`(?i)name="[^"]*(hint|question|answer|maiden|reminder)[^"]*"`)
	err := chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet && !strings.ContainsAny(route, "{*") {
			if found := names.FindString(p.browser().Get(route).Body + b.Get(route).Body); found != "" {
				t.Errorf("%s has a field %s", route, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
