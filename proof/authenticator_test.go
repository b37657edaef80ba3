package proof

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"example.com/gatehouse/webtest"
)

// An authenticator is an app that was given a secret from a page, by the words of RFC 6238.
type authenticator struct {
	secret []byte
	last   int64 // the step of the code given last
}

var secretOnPage = regexp.MustCompile(`id="secret">([A-Z2-7 ]+)<`)

func newAuthenticator(page *webtest.Answer) *authenticator {
	page.T.Helper()
	m := secretOnPage.FindStringSubmatch(page.Body)
	if m == nil {
		page.T.Errorf("no secret on the page:\n%s", page.Excerpt())
		return &authenticator{}
	}
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil {
		page.T.Error(err)
	}
	return &authenticator{secret: secret}
}

// code is one that was not given before: of this step, or of the next, which is good already.
func (a *authenticator) code() string {
	a.last = max(time.Now().Unix()/30, a.last+1)
	mac := hmac.New(sha1.New, a.secret)
	_ = binary.Write(mac, binary.BigEndian, a.last)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1)%1000000)
}

// A passkey answers for one account, as a browser and an authenticator do together.
type passkey struct {
	key    *ecdsa.PrivateKey
	id     []byte
	handle string // of the account
	origin string // of the portal
}

func newPasskey(t testing.TB, origin string) *passkey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Error(err)
	}
	return &passkey{key: key, id: []byte(rand.Text()), origin: origin}
}

// askedOf is what the portal asks a passkey.
type askedOf struct {
	PublicKey struct {
		Challenge string
		User      struct{ ID string }
	} `json:"publicKey"`
}

// begin asks for a challenge, as the script of the page does.
func begin(c *webtest.Client, path string) (asked askedOf) {
	c.T.Helper()
	r := c.NewRequest(http.MethodPost, path, strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	if err := json.Unmarshal([]byte(c.Do(r).Want(http.StatusOK).Body), &asked); err != nil {
		c.T.Error(err)
	}
	return asked
}

var base64url = base64.RawURLEncoding.EncodeToString

// presentVerifiedSynced are flags of authenticator data, and withKey is that it holds a new key (WebAuthn 3, section 6.1).
const (
	presentVerifiedSynced = 0x1d
	withKey               = 0x40
)

// data is the authenticator data, whose host is localhost because the portal is at an address of IPv4.
func (k *passkey) data(flags byte) []byte {
	host := sha256.Sum256([]byte("localhost"))
	return binary.BigEndian.AppendUint32(append(host[:], flags), 0)
}

func (k *passkey) client(kind, challenge string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, challenge, k.origin)
}

// makes is the answer to an enrolment.
func (k *passkey) makes(t testing.TB, asked askedOf) string {
	handle, err := base64.RawURLEncoding.DecodeString(asked.PublicKey.User.ID)
	k.handle = string(handle)
	point, _ := k.key.PublicKey.Bytes() // a point that was made here
	cose, _ := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := append(k.data(presentVerifiedSynced|withKey), make([]byte, 16)...) // which says nothing of its maker
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(k.id))), k.id...)
	object, _ := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": append(data, cose...)})
	if err != nil {
		t.Error(err)
	}
	return k.says(map[string]any{
		"clientDataJSON": base64url(k.client("webauthn.create", asked.PublicKey.Challenge)), "attestationObject": base64url(object),
	})
}

// answers is the answer to a challenge.
func (k *passkey) answers(t testing.TB, asked askedOf) string {
	data, client := k.data(presentVerifiedSynced), k.client("webauthn.get", asked.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, digest[:])
	if err != nil {
		t.Error(err)
	}
	return k.says(map[string]any{
		"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature),
		"userHandle": base64url([]byte(k.handle)),
	})
}

func (k *passkey) says(response map[string]any) string {
	text, _ := json.Marshal(map[string]any{ // of plain values
		"id": base64url(k.id), "rawId": base64url(k.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
	return string(text)
}
