package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"example.com/gatehouse/internal/brand"
)

// Passkeys runs the ceremonies of WebAuthn for one origin. What browsers are sent and what they answer is JSON as
// parseRequestOptionsFromJSON takes it and toJSON gives it. It is safe for concurrent use.
type Passkeys struct {
	service *Service
	web     *webauthn.WebAuthn
}

// NewPasskeys returns the ceremonies of the portal at base, a scheme and a host. Passkeys belong to its host name and
// do not work under another. Browsers make none for an IP address.
func NewPasskeys(s *Service, base *url.URL) (*Passkeys, error) {
	id := base.Hostname()
	if _, err := netip.ParseAddr(id); err == nil {
		id = "localhost" // browsers refuse this at an IP address, and the page explains it
	}
	web, err := webauthn.New(&webauthn.Config{
		RPID: id, RPDisplayName: brand.Name, RPOrigins: []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		// Ignored because password managers add outputs of extensions that were not requested. None is used here.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Passkeys{service: s, web: web}, nil
}

// owner is a user as the library asks for one. The user handle, which authenticators store and reveal, is the account's
// id: random, not secret, and the same for all passkeys of an account, so that an authenticator replaces an old passkey
// of the account.
type owner struct {
	User
	passkeys []Passkey
}

func (o owner) WebAuthnID() []byte          { return []byte(o.ID) }
func (o owner) WebAuthnName() string        { return o.Email }
func (o owner) WebAuthnDisplayName() string { return o.Name }

func (o owner) WebAuthnCredentials() []webauthn.Credential {
	credentials := make([]webauthn.Credential, len(o.passkeys))
	for i, p := range o.passkeys {
		id, _ := base64.RawURLEncoding.DecodeString(p.CredentialID) // written by credentialID
		credentials[i] = webauthn.Credential{
			ID: id, PublicKey: p.PublicKey, AttestationFormat: "none", Transport: transports(p.Transports),
			Flags:         webauthn.CredentialFlags{BackupEligible: p.BackupEligible, BackupState: p.BackupState},
			Authenticator: webauthn.Authenticator{SignCount: p.SignCount},
		}
	}
	return credentials
}

func (o owner) descriptors() []protocol.CredentialDescriptor {
	var list []protocol.CredentialDescriptor
	for _, c := range o.WebAuthnCredentials() {
		list = append(list, c.Descriptor())
	}
	return list
}

func credentialID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// knownTransports are those that are stored and sent back. Others are dropped, because the text comes from the client.
var knownTransports = []protocol.AuthenticatorTransport{
	protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal,
}

func transports(stored string) (list []protocol.AuthenticatorTransport) {
	for one := range strings.SplitSeq(stored, ",") {
		if t := protocol.AuthenticatorTransport(one); slices.Contains(knownTransports, t) {
			list = append(list, t)
		}
	}
	return list
}

func transportsText(list []protocol.AuthenticatorTransport) string {
	var known []string
	for _, t := range knownTransports {
		if slices.Contains(list, t) {
			known = append(known, string(t))
		}
	}
	return strings.Join(known, ",")
}

// options are what a browser is sent to begin a ceremony.
func options(what any, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("passkey options: %w", err)
	}
	return json.Marshal(what)
}
