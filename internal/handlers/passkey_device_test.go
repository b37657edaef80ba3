package handlers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"example.com/gatehouse/webtest"
)

// A passkeyDevice makes one passkey and answers for it, as a browser and an authenticator do together. A test changes what it
// would say before it says it.
type passkeyDevice struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle string // of the account
	count  uint32
	aaguid [16]byte // of its model; zero for one that does not say
	origin string
	rpID   string
	flags  byte
	maker  *ecdsa.PrivateKey                     // signs what it makes; nil for one that says nothing of its maker
	says   func(client, response map[string]any) // changes what it answers; nil for an honest one
}

// The flags of authenticator data.
const (
	userPresent    = 0x01
	userVerified   = 0x04
	backupEligible = 0x08
	backedUp       = 0x10
	hasKey         = 0x40
)

func newPasskeyDevice(t *testing.T) *passkeyDevice {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &passkeyDevice{
		t: t, key: key, id: []byte(rand.Text()), origin: "https://portal.test", rpID: "portal.test",
		flags: userPresent | userVerified | backupEligible | backedUp,
	}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// asked is what the portal sends a browser.
type askedJSON struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		User      struct{ ID string }
		Timeout   int
		UV        string                `json:"userVerification"`
		Allow     []struct{ ID string } `json:"allowCredentials"`
		Exclude   []struct{ ID string } `json:"excludeCredentials"`
		Selection struct {
			ResidentKey string `json:"residentKey"`
			UV          string `json:"userVerification"`
		} `json:"authenticatorSelection"`
		Attestation string
	} `json:"publicKey"`
}

// postJSON sends JSON as passkey.js does.
func (b *browser) postJSON(path string, body any) *webtest.Answer {
	b.p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.p.t.Fatal(err)
	}
	r := b.NewRequest("POST", path, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	return b.Do(r)
}

// begin asks for a challenge.
func (b *browser) begin(path string) (asked askedJSON) {
	b.p.t.Helper()
	if err := json.Unmarshal([]byte(b.postJSON(path, struct{}{}).Want(http.StatusOK).Body), &asked); err != nil {
		b.p.t.Fatal(err)
	}
	return asked
}

func (d *passkeyDevice) clientData(kind, challenge string) []byte {
	client := map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false}
	if d.says != nil {
		d.says(client, map[string]any{})
	}
	text, err := json.Marshal(client)
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

func (d *passkeyDevice) authenticatorData(flags byte) []byte {
	host := sha256.Sum256([]byte(d.rpID))
	return binary.BigEndian.AppendUint32(append(host[:], flags), d.count)
}

// makes is the answer to an enrolment.
func (d *passkeyDevice) makes(asked askedJSON) string {
	d.t.Helper()
	handle, err := base64.RawURLEncoding.DecodeString(asked.PublicKey.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	d.handle = string(handle)
	point, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		d.t.Fatal(err)
	}
	data := append(d.authenticatorData(d.flags|hasKey), d.aaguid[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(d.id)))
	data = append(append(data, d.id...), cose...)
	client := d.clientData("webauthn.create", asked.PublicKey.Challenge)
	attested := map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}
	if d.maker != nil {
		attested["fmt"], attested["attStmt"] = "packed", d.attest(data, client)
	}
	object, err := cbor.Marshal(attested)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.json(map[string]any{
		"clientDataJSON":    base64url(client),
		"attestationObject": base64url(object), "transports": []string{"internal", "telepathy"},
	})
}

// attest is the word of the maker, with a certificate.
func (d *passkeyDevice) attest(data, client []byte) map[string]any {
	d.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"PT"}, Organization: []string{"Maker"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Key"},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &d.maker.PublicKey, d.maker)
	if err != nil {
		d.t.Fatal(err)
	}
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.maker, digest[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return map[string]any{"alg": -7, "sig": signature, "x5c": [][]byte{certificate}}
}

// answers is the answer to a challenge. It counts, if it counts.
func (d *passkeyDevice) answers(asked askedJSON) string {
	d.t.Helper()
	if d.count > 0 {
		d.count++
	}
	data, client := d.authenticatorData(d.flags), d.clientData("webauthn.get", asked.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.json(map[string]any{
		"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature),
		"userHandle": base64url([]byte(d.handle)),
	})
}

func (d *passkeyDevice) json(response map[string]any) string {
	if d.says != nil {
		d.says(map[string]any{}, response)
	}
	text, err := json.Marshal(map[string]any{
		"id": base64url(d.id), "rawId": base64url(d.id), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}}, "response": response,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// enrol adds a passkey in a browser that has confirmed who it is.
func (b *browser) enrol(d *passkeyDevice, name string) *webtest.Answer {
	b.p.t.Helper()
	asked := b.begin("/account/security/passkeys/begin")
	return b.Post("/account/security/passkeys/finish", "credential", d.makes(asked), "name", name)
}

// passkeyOf gives the account of the browser its first passkey.
func (b *browser) passkeyOf(name string) *passkeyDevice {
	b.p.t.Helper()
	d := newPasskeyDevice(b.p.t)
	b.Reauth(password).Want(http.StatusSeeOther)
	if got := b.enrol(d, name).StatusCode; got != http.StatusSeeOther && got != http.StatusOK {
		b.p.t.Fatalf("enrolment: %d", got)
	}
	return d
}

// finish hands in an answer at the sign-in.
func (b *browser) finish(assertion, next string) *webtest.Answer {
	b.p.t.Helper()
	return b.postJSON("/login/passkey/finish", map[string]any{"assertion": json.RawMessage(assertion), "next": next})
}
