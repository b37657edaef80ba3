package main

import (
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/page"
)

// inEveryPage runs a script before those of each page that is opened from now on.
func (b *person) inEveryPage(script string) {
	b.t.Helper()
	callWith(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// Whatever a browser or a password manager lacks of the JSON of passkeys, they are made and used.
func TestPasskeysWithoutJSON(t *testing.T) {
	const noParse = `delete PublicKeyCredential.parseCreationOptionsFromJSON; delete PublicKeyCredential.parseRequestOptionsFromJSON;`
	for what, script := range map[string]string{
		"without toJSON": noParse + `delete PublicKeyCredential.prototype.toJSON`,
		"broken toJSON":  noParse + `PublicKeyCredential.prototype.toJSON = () => { throw new TypeError('Illegal invocation') }`,
		"empty toJSON":   noParse + `PublicKeyCredential.prototype.toJSON = () => ({})`,
	} {
		t.Run(what, func(t *testing.T) {
			p := onLocalhost(t)
			b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
			b.inEveryPage(script)
			id := b.authenticator()
			b.open("/login")
			b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
			b.addPasskey("Work laptop")
			b.isAt("/account/security/recovery-codes")
			b.press("Sign out")
			b.signInByButton(id, "/login?next=%2Faccount%2Fsessions")
			b.arrives("/account/sessions")
			b.open("/reauth?next=%2Faccount%2Femail")
			b.press("Use a passkey")
			b.isAt("/account/email")
		})
	}
}

// Each error of the browser has words of its own, and none blames the server.
func TestPasskeyErrorsHaveWords(t *testing.T) {
	p := onLocalhost(t)
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.inEveryPage(`navigator.credentials.get = async ({ mediation }) => {
		if (mediation === 'conditional') return new Promise(() => {});
		if (window.fault === '') return null;
		throw window.fault === 'TypeError' ? new TypeError() : new DOMException('', window.fault);
	}`)
	b.open("/login")
	for name, words := range map[string]string{
		"NotAllowedError": "The question was cancelled, or not answered in time", "": "Nothing was done. The question was cancelled",
		"TimeoutError": "Nothing was done. The question was not answered in time.", "AbortError": "The question was withdrawn",
		"SecurityError": "Passkeys do not work at this address.", "NotSupportedError": "a passkey that we accept",
		"ConstraintError": "It needs a screen lock", "InvalidStateError": "could not do it", "UnknownError": "could not do it", "TypeError": "could not do it",
	} {
		b.is(`(window.fault = '` + name + `', true)`)
		b.click(`[data-passkey="sign-in"] button`)
		b.alerted(words)
	}
}
