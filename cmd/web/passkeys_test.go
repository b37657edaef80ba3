package main

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// authenticator puts one into the person's machine that is there at once and knows its user by the finger.
func (b *person) authenticator() webauthn.AuthenticatorID {
	b.t.Helper()
	callWith(b, webauthn.Enable, webauthn.EnableParams{})
	return callWith(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
			Transport:      webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, AutomaticPresenceSimulation: true, IsUserVerified: true,
		},
	}).AuthenticatorID
}

// finger says whether the authenticator recognises it, and whether it is on the sensor at all.
func (b *person) finger(id webauthn.AuthenticatorID, known, there bool) {
	b.t.Helper()
	callWith(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id, IsUserVerified: known})
	callWith(b, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: id, Enabled: there})
}

// signInByButton presses the button of the sign-in page for the authenticator's passkey. The finger is off the sensor until
// then, or the offer at the address field would be answered first. An authenticator looks for it once, when it is asked, so
// the page asks only after it is there.
func (b *person) signInByButton(id webauthn.AuthenticatorID, path string) {
	b.t.Helper()
	b.finger(id, true, false)
	b.open(path)
	b.is(`(() => {
		const { credentials } = navigator, get = credentials.get.bind(credentials);
		const there = new Promise(resolve => { window.fingerIsThere = resolve });
		credentials.get = async options => {
			if (options.mediation !== 'conditional') await there;
			return get(options);
		};
		return true;
	})()`)
	b.click(`[data-passkey="sign-in"] button`)
	b.finger(id, true, true)
	b.is(`(fingerIsThere(), true)`)
}

// alerted waits for what the page says went wrong.
func (b *person) alerted(words string) {
	b.t.Helper()
	webtest.Until(b.t, words, func() bool {
		return evaluate[bool](b, `[...document.querySelectorAll('[role=alert]')].some(e => e.textContent.includes("`+words+`"))`)
	})
}

// addPasskey adds one from the page of passkeys.
func (b *person) addPasskey(name string) {
	b.t.Helper()
	b.open("/account/security/passkeys")
	if b.says("so we ask first who you are") {
		b.follow("Confirm it is you")
		b.fill("password", webtest.Password)
		b.press("Confirm")
		b.isAt("/account/security/passkeys")
	}
	evaluate[any](b, `document.querySelector('#name').value = ''`)
	b.fill("name", name)
	b.press("Add a passkey")
}

// onLocalhost starts the portal under a name: passkeys belong to names, and browsers make none for an IP address.
func onLocalhost(t *testing.T) *program { return start(t, onSQLite(t), "--addr=localhost:0") }

// withPasskey is somebody signed in who has just added a passkey.
func withPasskey(t *testing.T) (p *program, b *person, id webauthn.AuthenticatorID) {
	t.Helper()
	p = onLocalhost(t)
	b = p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	id = b.authenticator()
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.addPasskey("Work laptop")
	return p, b, id
}

// TestPasskeys is the life of a passkey in a real browser.
func TestPasskeys(t *testing.T) {
	_, b, id := withPasskey(t)
	b.inEveryPage(noSignals)
	b.isAt("/account/security/recovery-codes")
	b.reads("Your passkey was added.")
	b.open("/account/security/passkeys")
	b.reads("Work laptop", "Not used yet")

	b.click(`[data-passkey="enrol"] button`) // a second one for the same authenticator
	b.alerted("This device has a passkey for your account already.")

	// Without an address.
	b.press("Sign out")
	b.signInByButton(id, "/login?next=%2Faccount%2Fsessions")
	b.arrives("/account/sessions")
	b.reads("with passkey")

	// For one payment.
	b.open("/plans")
	b.press("Choose Hall")
	b.follow("Go to checkout")
	b.isAt("/reauth")
	b.press("Use a passkey")
	b.isAt("/billing/payment-method")
	b.click(`input[name=instrument][value="visa-4242"]`)
	b.fill("name", "Ada Lovelace")
	b.fill("address", "12 St James's Square")
	b.press("Save")
	b.isAt("/billing/checkout")
	b.press("Use a passkey")
	b.reads("Paid")

	// For a new password: the other field is asked for first.
	b.open("/account/security/password")
	b.click(`[data-passkey="confirm"] button`)
	if !evaluate[bool](b, `document.querySelector('#password').matches(':user-invalid, :invalid')`) || b.path() != "/account/security/password" {
		t.Error("the form was sent without a new password")
	}
	b.fill("password", webtest.OtherPassword)
	b.press("Use a passkey")
	b.isAt("/account/security")
	b.reads("Your password was changed.")

	b.open("/account/security/passkeys")
	b.follow("Change Work laptop")
	evaluate[any](b, `document.querySelector('#name').value = ''`)
	b.fill("name", "Old laptop")
	b.press("Save")
	b.reads("The passkey is called Old laptop now.")
	b.follow("Change Old laptop")
	b.press("Remove this passkey")
	b.isAt("/account/security")
	b.reads("Your passkey was removed.")

	// The authenticator still has its half.
	b.press("Sign out")
	b.forgive("/login/passkey/finish")
	b.signInByButton(id, "/login")
	b.alerted("We could not sign you in with that passkey.")
	b.open("/account")
	b.isAt("/login")
}

// losesAnAnswer is a page that never hears the first answer to the passkey of a sign-in, and does not get its cookie.
const losesAnAnswer = `{
	const { fetch } = window;
	let lost = false;
	window.fetch = async (url, options) => {
		if (lost || url !== '/login/passkey/finish') return fetch(url, options);
		lost = true;
		await fetch(url, { ...options, credentials: 'omit' });
		throw new TypeError('lost');
	};
}`

// TestPasskeyAnswerLost: the script asks again for an answer that was lost, and a second press of its button changes nothing.
func TestPasskeyAnswerLost(t *testing.T) {
	p, b, id := withPasskey(t)
	b.press("Sign out")
	callWith(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: losesAnAnswer})
	b.signInByButton(id, "/login?next=%2Faccount%2Fsessions")
	b.arrives("/account/sessions")

	b.open("/reauth?next=%2Faccount%2Femail")
	b.twice("Use a passkey", 50*time.Millisecond)
	b.arrives("/account/email")

	var live, failed, flags int
	p.ask(t, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`, nil, &live)
	p.ask(t, `SELECT COALESCE(sum(times), 0) FROM events WHERE kind IN ('authn_login_fail', 'reauth_fail')`, nil, &failed)
	p.ask(t, `SELECT count(*) FROM sessions WHERE flag <> ''`, nil, &flags)
	if live != 1 || failed != 0 || flags != 0 {
		t.Errorf("%d live sessions, %d failures, %d flags, want 1, 0, 0", live, failed, flags)
	}
}

// TestPasskeyOffered signs in from the field for the address, where the browser suggests a passkey by itself.
func TestPasskeyOffered(t *testing.T) {
	p := onLocalhost(t)
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	id := b.authenticator()
	b.finger(id, true, false)
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.finger(id, true, true)
	b.addPasskey("Work laptop")
	b.press("Sign out")
	b.open("/login?next=%2Faccount%2Fsecurity")
	b.arrives("/account/security")
	b.reads("Ada Lovelace")
}

// TestPasskeyUnverified: an authenticator that does not know its user by the finger opens nothing, and a page that the
// question was cancelled on says so. With an address typed, the password still works.
func TestPasskeyUnverified(t *testing.T) {
	p := onLocalhost(t)
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	id := b.authenticator()
	email := p.account(t, "Ada Lovelace")
	b.finger(id, false, true)
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.open("/reauth?next=%2Faccount%2Fsecurity%2Fpasskeys")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.click(`[data-passkey="enrol"] button`)
	b.alerted("Nothing was done.")
	b.finger(id, true, true)
	b.press("Add a passkey")
	b.press("Sign out")
	b.finger(id, false, true)
	b.open("/login")
	b.fill("email", email)
	b.click(`[data-passkey="sign-in"] button`)
	b.alerted("Nothing was done.")
	b.isAt("/login")

	// The password leads to the second step, where the same passkey is asked for.
	b.signIn("", webtest.Password)
	b.isAt("/login/verify")
	b.finger(id, true, true)
	b.press("Sign in with a passkey")
	b.isAt("/account")
	b.reads("Ada Lovelace")
}

// TestPasskeyAtAnAddress: browsers know no passkeys at an IP address, and the page says so.
func TestPasskeyAtAnAddress(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.open("/login")
	b.click(`[data-passkey="sign-in"] button`)
	b.alerted("Passkeys do not work at this address.")
}

// lookAtPasskeys looks at the pages of somebody who has passkeys, and at what is said when one does not work.
func lookAtPasskeys(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	id := b.authenticator()
	b.finger(id, true, false)
	email := p.account(t, "Ada Lovelace")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("passkeys-none", http.StatusOK, func() int { return b.open("/account/security/passkeys") })
	b.at("passkeys-add", http.StatusOK, func() int {
		b.follow("Confirm it is you")
		b.fill("password", webtest.Password)
		return b.press("Confirm")
	})
	b.at("passkeys-cancelled", http.StatusOK, func() int {
		b.finger(id, false, true)
		b.click(`[data-passkey="enrol"] button`)
		b.alerted("Nothing was done.")
		return http.StatusOK
	})
	b.at("passkeys-first", http.StatusOK, func() int {
		b.finger(id, true, true)
		return b.press("Add a passkey")
	})
	b.at("passkeys-one", http.StatusOK, func() int { return b.open("/account/security/passkeys") })
	b.at("passkeys-twice", http.StatusOK, func() int {
		b.click(`[data-passkey="enrol"] button`)
		b.alerted("This device has a passkey for your account already.")
		return http.StatusOK
	})
	b.at("passkey", http.StatusOK, func() int { return b.follow("Change Chrome on Linux") })
	b.at("passkey-error", http.StatusUnprocessableEntity, func() int {
		evaluate[any](b.person, `document.querySelector('#name').value = ''`)
		return b.pressAnyway("Save")
	})
	b.at("passkey-hostile", http.StatusOK, func() int {
		p.change(b.t, `UPDATE passkeys SET name = $1`, "<img src=x onerror=alert(1)>"+"WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW")
		return b.open("/account/security/passkeys")
	})
	b.at("security-passkeys", http.StatusOK, func() int { return b.open("/account/security") })
	b.at("password-passkey", http.StatusOK, func() int { return b.open("/account/security/password") })
	b.at("activity-passkeys", http.StatusOK, func() int { return b.open("/account/activity") })
	b.press("Sign out")
	b.finger(id, true, false)
	b.open("/login")
	b.at("verify-passkey", http.StatusOK, func() int {
		b.fill("email", email)
		b.fill("password", webtest.Password)
		return b.press("Sign in")
	})
	b.at("verify-passkey-cancelled", http.StatusOK, func() int {
		b.finger(id, false, true)
		b.click(`[data-passkey="sign-in"] button`)
		b.alerted("Nothing was done.")
		return http.StatusOK
	})
	b.finger(id, true, true)
	b.press("Sign in with a passkey")
	b.at("reauth-passkey", http.StatusOK, func() int { return b.open("/reauth?next=%2Faccount%2Fsecurity%2Fpasskeys") })
	b.at("end-others-passkey", http.StatusOK, func() int {
		return b.open("/account/sessions/end-all")
	})
}

// lookAtPasskeyMistakes looks at what is said where there can be no passkey, and where an answer came too late.
func lookAtPasskeyMistakes(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::44")
	b.at("login-passkey-address", http.StatusOK, func() int {
		status := b.open("/login")
		b.click(`[data-passkey="sign-in"] button`)
		b.alerted("Passkeys do not work at this address.")
		return status
	})
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.open("/reauth?next=%2Faccount%2Fsecurity%2Fpasskeys")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.at("passkeys-late", http.StatusUnprocessableEntity, func() int {
		return b.load("send nothing", chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-passkey="enrol"]').submit()`))
	})
}
