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

// The purposes of a challenge. An answer for one purpose is refused for the others.
const (
	toSignIn  = "sign in"
	toConfirm = "confirm"
	toEnrol   = "enrol"
)

// A SpentChallenge is one that was answered correctly. It is stored until it expires, so that the same answer is not
// accepted twice.
type SpentChallenge struct {
	Hash      string
	ExpiresAt time.Time
}

var errChallenge = errors.New("not a challenge of ours, for this, and now")

// newChallenge makes a challenge that is encrypted for one purpose and one session, "" for none. The challenge carries
// its own conditions, so nothing is stored for it and a flood of requests fills no table. The nonce of the seal makes
// it unguessable, with 192 random bits (ASVS v5.0.0-6.7.2).
func newChallenge(sealer Sealer, purpose, session string) ([]byte, error) {
	expires := binary.BigEndian.AppendUint64(nil, uint64(audit.Now().Add(ChallengeValid).UnixMicro()))
	return sealer.Seal(expires, challengePlace(purpose, session))
}

func challengePlace(purpose, session string) string {
	return strings.Join([]string{"passkey challenge", purpose, session}, "\x00")
}

// openChallenge checks a challenge that came back, as base64url. The hash is of the decoded bytes, because base64url
// has several spellings of the same bytes.
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
