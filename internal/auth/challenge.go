package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
)

// ChallengeValid is how long a challenge may be answered.
const ChallengeValid = 5 * time.Minute

// What a challenge may be answered for. An answer for one opens none of the others.
const (
	toSignIn  = "sign in"
	toConfirm = "confirm"
	toEnrol   = "enrol"
)

// A SpentChallenge is one that was answered well, to be remembered for as long as it could be answered again.
type SpentChallenge struct {
	Hash      string
	ExpiresAt time.Time
}

var errChallenge = errors.New("not a challenge of ours, for this, and now")

// newChallenge makes a challenge that carries its own conditions. It is sealed for one purpose and one session, "" for
// none, so nothing has to be kept while it waits: whoever asks for a million of them fills no table. The nonce of the
// seal makes it unguessable, with 192 random bits (ASVS v5.0.0-6.7.2).
func newChallenge(sealer Sealer, purpose, session string) ([]byte, error) {
	expires := binary.BigEndian.AppendUint64(nil, uint64(audit.Now().Add(ChallengeValid).UnixMicro()))
	return sealer.Seal(expires, challengePlace(purpose, session))
}

func challengePlace(purpose, session string) string {
	return strings.Join([]string{"passkey challenge", purpose, session}, "\x00")
}

// openChallenge checks a challenge that came back, as base64url. The hash is that of its bytes, which have one spelling.
func openChallenge(sealer Sealer, text, purpose, session string) (SpentChallenge, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return SpentChallenge{}, errChallenge
	}
	plain, err := sealer.Open(sealed, challengePlace(purpose, session))
	if err != nil || len(plain) != 8 {
		return SpentChallenge{}, errChallenge
	}
	expires := time.UnixMicro(int64(binary.BigEndian.Uint64(plain))).UTC()
	if !audit.Now().Before(expires) {
		return SpentChallenge{}, errChallenge
	}
	sum := sha256.Sum256(sealed)
	return SpentChallenge{Hash: base64.RawURLEncoding.EncodeToString(sum[:]), ExpiresAt: expires}, nil
}
