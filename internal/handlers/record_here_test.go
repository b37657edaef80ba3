package handlers

import (
	"encoding/json"
	"net/http"
	"strings"

	"example.com/gatehouse/webtest"
)

// What may come before a request in the browser that asks. Whoever is turned away goes on all the same.

func afterPassword(v *visit) { v.b.Post("/login", "email", v.email, "password", v.password) }
func afterPlan(v *visit)     { v.b.Post("/basket", "plan", "hall") }
func afterLogout(v *visit)   { v.b.Post("/logout") }
func afterEmail(v *visit)    { v.b.Post("/account/email", "email", webtest.Email()) }
func afterCodes(v *visit)    { v.b.Post("/account/security/recovery-codes") }

func beginsSecuring(v *visit) { v.b.Post(securePage) }

// afterLink has followed the link of the email, whose token is then in the bag.
func afterLink(link string) func(v *visit) { return func(v *visit) { v.b.Get(link + v.param) } }

// afterSecret is at the page that waits for the first code of an app, and types it.
func afterSecret(v *visit) {
	v.b.Post("/account/security/totp", "begin", "yes")
	v.typed = []string{"code", "000000"}
	if page := v.b.Get("/account/security/totp").Body; secretOnPage.MatchString(page) {
		v.typed[1] = newAuthenticator(v.p.t, page).code()
	}
}

func typesCodes(v *visit) { v.typed = []string{"codes", strings.Join(v.codes, "\r\n")} }

// makesPasskey and confirmsByPasskey type what a device answers.
func makesPasskey(v *visit) {
	v.typed = []string{"credential", "{}", "name", "Laptop"}
	if asked := v.challenge("/account/security/passkeys/begin"); asked != nil {
		v.typed[1] = newPasskeyDevice(v.p.t).makes(*asked)
	}
}

func confirmsByPasskey(v *visit) {
	v.typed = []string{"assertion", "{}"}
	if asked := v.challenge("/reauth/passkey/begin"); asked != nil {
		v.typed[1] = v.device.answers(*asked)
	}
}

func signsInByPasskey(v *visit, address string) *webtest.Answer {
	assertion := v.device.answers(*v.challenge("/login/passkey/begin"))
	return v.b.postJSON(address, map[string]any{"assertion": json.RawMessage(assertion), "next": "/plans"})
}

// challenge is what a script is given for a passkey to answer, nil if it is turned away.
func (v *visit) challenge(address string) *askedJSON {
	answer, asked := v.b.postJSON(address, struct{}{}), &askedJSON{}
	if answer.StatusCode != http.StatusOK || json.Unmarshal([]byte(answer.Body), asked) != nil {
		return nil
	}
	return asked
}

// asScript sends what a script sends that has nothing to say.
func asScript(v *visit, address string) *webtest.Answer { return v.b.postJSON(address, struct{}{}) }
