package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// pasted are the forms that a code takes on its way through other programs.
var pasted = map[string]func(code string) string{
	"no-break spaces": func(code string) string { return "\u00a0" + strings.ReplaceAll(code, "-", "\u00a0") + "\u202f" },
	"tabs and a line": func(code string) string { return "\t" + strings.ReplaceAll(code, "-", "\t") + "\r\n" },
	"other hyphens": func(code string) string {
		return strings.Join(strings.Split(code, "-"), "\u2011") + "\u2013\u2212\u00ad"
	},
	"full width": func(code string) string { return shifted(code, 'a', 'ａ', 26, '2', '２', 8) },
	"marks of direction": func(code string) string {
		return "\u202d" + strings.ReplaceAll(code, "-", "\u200e-\u200b") + "\u202c\ufeff"
	},
	"Arabic-Indic":     func(code string) string { return shifted(code, '0', '٠', 10) },
	"Devanagari":       func(code string) string { return shifted(code, '0', '०', 10) },
	"bold":             func(code string) string { return shifted(code, 'a', '𝐚', 26, '0', '𝟎', 10) },
	"quoted":           func(code string) string { return "«" + code + "»." },
	"Turkish capitals": func(code string) string { return strings.ReplaceAll(strings.ToUpper(code), "I", "İ") },
}

// shifted replaces rows of characters by others: each is its first character, that of the other row, and how many it has.
func shifted(text string, rows ...rune) string {
	return strings.Map(func(c rune) rune {
		for i := 0; i < len(rows); i += 3 {
			if c >= rows[i] && c < rows[i]+rows[i+2] {
				return rows[i+1] + c - rows[i]
			}
		}
		return c
	}, text)
}

// A code is the same code in whatever form it is pasted, and its owner gets no warning of wrong ones.
func TestCodesAsPasted(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Pasquale")
	inTime(t, p, func(t *testing.T) {
		app, codes := p.signedIn(u).enrolApp()
		for form, paste := range pasted {
			b := p.withPassword(u.Email)
			if res := b.Post("/login/verify", "code", paste(codes[0])); res.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: a recovery code got %d", form, res.StatusCode)
			}
			codes = codes[1:]
			time.Sleep(time.Minute)
			code := app.code()
			b = p.withPassword(u.Email)
			if res := b.Post("/login/verify", "code", paste(code[:3]+"-"+code[3:])); res.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: a code of an app got %d", form, res.StatusCode)
			}
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'mfa_fail'`, u.ID); n != 0 {
			t.Errorf("%d codes counted as wrong, want none", n)
		}
	})
}

// Every form that takes a code takes a pasted one.
func TestPastedCodeEverywhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	paste := pasted["full width"]
	for name, use := range map[string]func(b *browser, code string) *webtest.Answer{
		"re-authentication": func(b *browser, code string) *webtest.Answer {
			return b.Post("/reauth", "password", password, "code", code)
		},
		"end of the others": func(b *browser, code string) *webtest.Answer {
			return b.Post("/account/sessions/end-others", "password", password, "code", code)
		},
		"password": func(b *browser, code string) *webtest.Answer {
			return b.Post("/account/security/password", "current_password", password, "password", otherPassword, "code", code)
		},
		"payment": func(b *browser, code string) *webtest.Answer {
			b.Post("/basket", "plan", "porch")
			return b.Submit(b.Get("/billing/checkout"), "/billing/checkout", "password", password, "code", code)
		},
		"export": func(b *browser, code string) *webtest.Answer {
			return b.Post(exportPath, "password", password, "code", code)
		},
		"deletion": func(b *browser, code string) *webtest.Answer {
			return b.Post(deletePage, "sure", "on", "password", password, "code", code)
		},
	} {
		u, _, codes := p.enrolled("Pasquale")
		b := p.withPassword(u.Email)
		b.Post("/login/verify", "code", codes[0]).Leads("/account")
		if got := use(b, paste(codes[1])).StatusCode; got != http.StatusSeeOther && got != http.StatusOK {
			t.Errorf("%s: got %d", name, got)
		}
	}
	b := p.signedIn(p.newUser("Pasquale"))
	b.Reauth(password).Leads("/account/sessions")
	b.Post("/account/security/totp", "code", paste(b.beginApp().code())).Leads("/account/security/recovery-codes")
}

// A field without one character of a code is empty, and no guess.
func TestEmptyCode(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, _, codes := p.enrolled("Pasquale")
	b := p.withPassword(u.Email)
	b.Post("/login/verify", "code", " \u00a0\t-").Want(http.StatusUnprocessableEntity).Says("Enter the code that your app shows.")
	b.Post("/login/verify", "code", codes[0]).Leads("/account")
	b.Post("/account/sessions/end-others", "password", password, "code", "\u2013").Want(http.StatusUnprocessableEntity).Says("Enter the code that your app shows.")
	b.Post("/reauth", "password", password, "code", codes[1]).Want(http.StatusSeeOther)
	b.beginApp()
	b.Post("/account/security/totp", "code", "\u3000").Want(http.StatusUnprocessableEntity).Says("Enter the code that your app shows.")
	if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind IN ('mfa_fail', 'reauth_fail')`, u.ID); n != 0 {
		t.Errorf("%d codes counted as wrong, want none", n)
	}
}

// The file of recovery codes holds codes as the page showed them, and nothing hidden in them.
func TestDownloadEchoesNothing(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Pasquale"))
	_, codes := b.enrolApp()
	b.Post("/account/security/recovery-codes/download", "codes", codes[0]+"\r\n"+codes[1]).Want(http.StatusOK)
	b.Post("/account/security/recovery-codes/download", "codes", "=«"+codes[0]+"»").Leads("/account/security/recovery-codes")
}
