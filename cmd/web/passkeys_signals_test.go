package main

import (
	"net/http"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/webauthn"
)

// noSignals is a browser that cannot tell a password manager anything.
const noSignals = `for (const name of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails']) delete PublicKeyCredential[name];`

// keeps waits until the authenticator has that many passkeys.
func (b *person) keeps(id webauthn.AuthenticatorID, what string, n int) {
	b.t.Helper()
	webtest.Until(b.t, what, func() bool {
		return len(callWith(b, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: id}).Credentials) == n
	})
}

// Password managers forget a passkey that was removed, and one that was made and never added: neither is offered again.
func TestPasskeysAreForgotten(t *testing.T) {
	p, b, id := withPasskey(t)
	b.open("/account/security/passkeys")
	b.keeps(id, "the passkey is kept", 1)

	p.change(t, `DELETE FROM passkeys`)
	b.open("/account/security")
	b.keeps(id, "the removed passkey is forgotten", 0)
	b.addPasskey("Work laptop")
	b.keeps(id, "the next is kept", 1)
	b.open("/account/security/passkeys")
	b.keeps(id, "the next is still kept", 1)
	b.press("Sign out")

	p.change(t, `DELETE FROM passkeys`)
	b.forgive("/login/passkey/finish")
	b.signInByButton(id, "/login")
	b.alerted("We could not sign you in with that passkey.")
	b.keeps(id, "the unknown passkey is forgotten", 0)
}

// A passkey that arrives damaged is not added: the page says so, and the password manager forgets it.
func TestPasskeyNotAdded(t *testing.T) {
	p := onLocalhost(t)
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	id := b.authenticator()
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.open("/reauth?next=%2Faccount%2Fsecurity%2Fpasskeys")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.is(`(() => {
		const { submit } = HTMLFormElement.prototype;
		HTMLFormElement.prototype.submit = function () {
			this.elements.credential.value = '{}';
			submit.call(this);
		};
		return true;
	})()`)
	if got := b.press("Add a passkey"); got != http.StatusUnprocessableEntity {
		t.Errorf("got %d, want 422", got)
	}
	b.reads("We could not add that passkey.", "can be deleted there")
	b.keeps(id, "it is forgotten", 0)
}

// A name and an address that are changed are what the password manager shows.
func TestPasskeyIsRenamed(t *testing.T) {
	_, b, id := withPasskey(t)
	b.open("/account/profile")
	evaluate[any](b, `document.querySelector('#name').value = ''`)
	b.fill("name", "Ada King")
	b.press("Save")
	webtest.Until(t, "the new name", func() bool {
		all := callWith(b, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: id}).Credentials
		return len(all) == 1 && all[0].UserDisplayName == "Ada King"
	})
}
