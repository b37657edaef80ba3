package auth

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A Passkey is a public key whose private half never leaves its owner's authenticator. It answers only after it has
// verified its user, by a fingerprint or a PIN, so it counts as two factors (ASVS v5.0.0-6.3.3).
type Passkey struct {
	ID             string // names it in URLs; no secret
	UserID         string
	CredentialID   string // chosen by the authenticator, base64url
	PublicKey      []byte // COSE
	Transports     string // how its authenticator is reached, comma-separated
	SignCount      uint32 // 0 for authenticators that do not count
	BackupEligible bool   // it may be copied to other devices of its owner
	BackupState    bool   // whether it is, as its authenticator said last
	Name           string
	CreatedAt      time.Time
	LastUsedAt     time.Time // zero until it is used
}

// MaxPasskeys is how many an account may have.
const MaxPasskeys = 20

// MaxPasskeyName is how long the name of a passkey may be, in code points.
const MaxPasskeyName = 60

var (
	// ErrSpent means that the challenge was answered before.
	ErrSpent = errors.New("challenge spent")
	// ErrUnknownPasskey is the ErrBadCredentials of a passkey that no account has. Only its holder learns that: its id is random.
	ErrUnknownPasskey = fmt.Errorf("%w: nobody's passkey", ErrBadCredentials)
	// ErrTooManyPasskeys means the account has MaxPasskeys already.
	ErrTooManyPasskeys = errors.New("too many passkeys")
	// ErrPasskeyTaken means the authenticator's credential is enrolled already.
	ErrPasskeyTaken = errors.New("passkey enrolled already")
)

// CleanPasskeyName returns the name as it is stored, single-spaced, or a NameError.
func CleanPasskeyName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return "", NameError("Give the passkey a name that you will recognise.")
	case utf8.RuneCountInString(name) > MaxPasskeyName:
		return "", NameError(fmt.Sprintf("Use at most %d characters.", MaxPasskeyName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isDeceptive):
		return "", NameError("Leave out invisible characters and those that change the direction of the text.")
	}
	return name, nil
}
