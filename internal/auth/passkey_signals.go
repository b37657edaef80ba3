package auth

import (
	"encoding/base64"
	"encoding/json"
)

// PasskeySignals are what the Signal API of browsers is told, so that password managers offer no passkey that opens nothing and
// show the account as it is called now. The names are those of the API.
type PasskeySignals struct {
	RPID     string   `json:"rpId"`
	UserID   string   `json:"userId"`
	Name     string   `json:"name"`
	Display  string   `json:"displayName"`
	Accepted []string `json:"allAcceptedCredentialIds,omitzero"` // nil when the page does not know them: an empty list deletes all
}

// Signals are those of an account as it is, without its passkeys.
func (p *Passkeys) Signals(u User) PasskeySignals {
	o := owner{User: u}
	return PasskeySignals{RPID: p.web.Config.RPID, UserID: base64.RawURLEncoding.EncodeToString(o.WebAuthnID()), Name: o.WebAuthnName(), Display: o.WebAuthnDisplayName()}
}

// Accepting adds the passkeys of the account, which have to be all.
func (s PasskeySignals) Accepting(all []Passkey) PasskeySignals {
	s.Accepted = make([]string, len(all))
	for i, p := range all {
		s.Accepted[i] = p.CredentialID
	}
	return s
}

// JSON is what a page hands to its script.
func (s PasskeySignals) JSON() (string, error) {
	text, err := json.Marshal(s)
	return string(text), err
}
