package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/chromedp"
)

// visited are the pages of TestPages for a checker that reads all at once.
var visited *sources

// TestPages looks at every page in every state that people can bring about. With SCREENSHOTS set to a folder it leaves
// a picture of each there.
func TestPages(t *testing.T) {
	p := start(t, onSQLite(t))
	visited = collectSources(t)
	t.Cleanup(func() { visited.check(t); visited = nil })
	for name, visit := range map[string]func(*testing.T, *program){
		"visitor": lookAsVisitor, "mistakes": lookAtMistakes, "endings": lookAtEndings, "member": lookAsMember,
		"many sessions": lookAtManySessions, "flags": lookAtFlags, "waiting": lookAtWaiting, "hostile": lookAtHostileText,
		"attempts": lookAtLimits, "forms": lookAtForms, "billing": lookAtBilling, "hostile invoices": lookAtHostileInvoices,
		"preferences": lookAtPreferences, "one session": lookAtOneSession, "second factors": lookAtSecondFactors,
		"administration": lookAtAdministration, "emails": lookAtEmails, "links": lookAtLinks, "leaving": lookAtLeaving,
		"passkey mistakes": lookAtPasskeyMistakes, "lessons": lookAtLessons,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, p)
		})
	}
	t.Run("passkeys", func(t *testing.T) {
		t.Parallel()
		lookAtPasskeys(t, onLocalhost(t))
	})
	t.Run("second factor required", func(t *testing.T) {
		t.Parallel()
		lookAtRequired(t, start(t, onSQLite(t), "--require-second-factor=true"))
	})
	t.Run("labs", func(t *testing.T) {
		t.Parallel()
		lookAtLabs(t, start(t, onSQLite(t), "--labs"))
	})
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		lookAtDemo(t, start(t, onSQLite(t)))
	})
	t.Run("scenes", func(t *testing.T) {
		t.Parallel()
		lookAtScenes(t, start(t, onSQLite(t)))
	})
	t.Run("warning", func(t *testing.T) {
		t.Parallel()
		lookAtWarning(t, start(t, onSQLite(t)))
	})
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		lookAtFaults(t, start(t, onSQLite(t)))
	})
}

func lookAsVisitor(t *testing.T, _ *program) {
	p := start(t, onSQLite(t)) // with a mailbox of its own
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.at("mail-empty", http.StatusOK, func() int { return b.open("/dev/mail") })
	b.at("landing", http.StatusOK, func() int { return b.open("/") })
	b.at("source", http.StatusOK, func() int { return b.open("/learn/source") })
	b.at("plans", http.StatusOK, func() int { return b.open("/plans") })
	b.at("plans-basket", http.StatusOK, func() int { return b.press("Choose Hall") })
	b.at("signup", http.StatusOK, func() int { return b.open("/signup") })
	b.at("signup-sent", http.StatusOK, func() int {
		b.fill("name", "Ada Lovelace")
		b.fill("email", "ada@example.org")
		b.fill("password", webtest.Password)
		return b.press("Create account")
	})
	b.at("mail", http.StatusOK, func() int {
		webtest.Until(b.t, "an email", func() bool { b.open("/dev/mail"); return b.says("Confirm your email address") })
		return http.StatusOK
	})
	b.at("confirm", http.StatusOK, func() int {
		return b.follow(evaluate[string](b.person, `document.querySelector('a[href*="/email/confirm/"]').textContent`))
	})
	b.at("login-confirmed", http.StatusOK, func() int { return b.press("Confirm my address") })
	b.at("link-sign-up", http.StatusOK, func() int { return b.linkTo("/email/confirm/") })
	b.at("confirm-dead", http.StatusNotFound, func() int { return b.open("/email/confirm/nothing") })
	b.at("login", http.StatusOK, func() int { return b.open("/login") })
	b.at("login-cookie-refused", http.StatusOK, func() int { return b.open("/login?cookie=refused") })
	b.at("signed-out-unknown", http.StatusOK, func() int { return b.open("/signed-out") })
}

func lookAtMistakes(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::2")
	b.at("signup-errors", http.StatusUnprocessableEntity, func() int {
		b.open("/signup")
		return b.pressAnyway("Create account")
	})
	b.at("login-error", http.StatusUnprocessableEntity, func() int {
		b.open("/login?next=%2Faccount%2Fsessions")
		b.fill("email", webtest.Email())
		b.fill("password", webtest.Password)
		return b.press("Sign in")
	})
	b.at("plans-error", http.StatusUnprocessableEntity, func() int {
		b.open("/plans")
		evaluate[chromedp.Void](b.person, `document.querySelector('button[value=porch]').value = 'castle'`)
		return b.press("Choose Porch")
	})
	b.at("400", http.StatusBadRequest, func() int {
		b.open("/login")
		evaluate[chromedp.Void](b.person, `const twin = document.querySelector('#email').cloneNode()
			twin.removeAttribute('id')
			twin.setAttribute('aria-label', 'Email address again')
			document.querySelector('#email').after(twin)`)
		return b.pressAnyway("Sign in")
	})
	b.at("403-script-only", http.StatusForbidden, func() int { return b.open("/session/state") })
	b.at("404", http.StatusNotFound, func() int { return b.open("/nothing/here") })
	b.at("405", http.StatusMethodNotAllowed, func() int { return b.open("/logout") })
	b.at("413", http.StatusRequestEntityTooLarge, func() int {
		b.open("/login")
		evaluate[chromedp.Void](b.person, `document.querySelector('#password').value = 'long '.repeat(20000)`)
		return b.pressAnyway("Sign in")
	})
}

// lookAtEndings writes each reason into the row of a session, and reads what the browser of that session is told. The short
// form has one that names a device, one that names none, and one that the person wanted.
func lookAtEndings(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	email := p.account(t, "Ada Lovelace")
	desk := p.Client(t)
	desk.Agent = webtest.FirefoxOnWindows
	desk.SignIn(email, webtest.Password)
	by := desk.Handle()
	reasons := []string{"idle", "revoked", "signed_out"}
	if *full {
		reasons = append(reasons, "absolute", "password_changed", "admin", "replaced", "client_changed", "account_disabled")
	}
	for _, reason := range reasons {
		b.at("signed-out-"+strings.ReplaceAll(reason, "_", "-"), http.StatusOK, func() int {
			b.open("/login")
			b.signIn(email, webtest.Password)
			p.endAs(b.t, b.handle(), reason, by)
			return b.open("/signed-out")
		})
	}
	b.at("login-ended", http.StatusOK, func() int {
		b.open("/login")
		b.signIn(email, webtest.Password)
		p.endAs(b.t, b.handle(), "revoked", by)
		return b.follow("Devices")
	})
}

// handle is the public name of the session in the browser.
func (b *person) handle() string {
	b.t.Helper()
	return evaluate[string](b, `document.body.dataset.sid`)
}

func (p *program) endAs(t testing.TB, handle, reason, by string) {
	t.Helper()
	p.change(t, `UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by = $3 WHERE id = $4`,
		time.Now().UTC().Truncate(time.Microsecond), reason, by, handle)
}

func lookAsMember(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.at("overview-new", http.StatusOK, func() int { return b.open("/account") })
	b.at("sessions-alone", http.StatusOK, func() int { return b.follow("Devices") })
	b.at("activity-short", http.StatusOK, func() int { return b.follow("Activity") })
	b.at("activity-nothing", http.StatusOK, func() int { return b.open("/account/activity?q=zebra") })
	b.at("security", http.StatusOK, func() int { return b.follow("Security") })
	b.at("password", http.StatusOK, func() int { return b.follow("Change password") })
	b.at("password-errors", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Change password") })
	b.at("end-others-none", http.StatusOK, func() int { return b.open("/account/sessions/end-others") })
	b.at("plans-member", http.StatusOK, func() int { return b.open("/plans") })
	b.at("plans-member-basket", http.StatusOK, func() int { return b.press("Choose Keep") })
	b.at("overview-basket", http.StatusOK, func() int { return b.open("/account") })
	b.at("404-member", http.StatusNotFound, func() int { return b.open("/account/sessions/nobodys/end") })
	b.at("403", http.StatusForbidden, func() int {
		b.open(anotherSite(b.t, `<form method="post" action="`+p.Origin+`/basket"><button name="plan" value="hall">Win a prize</button></form>`))
		return b.press("Win a prize")
	})
}
