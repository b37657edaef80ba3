package auth

import (
	"crypto/rand"
	"strings"

	"example.com/gatehouse/internal/audit"
)

// RecoveryCodeCount is how many codes are made at a time. Each replaces a missing second factor once.
const RecoveryCodeCount = 10

// recoveryCodeLength is in characters of five random bits: 120 bits in all, enough for an unsalted fast hash (ASVS
// v5.0.0-6.5.2).
const recoveryCodeLength = 24

// RecoveryCodes are codes as people read them, "abcd-efgh-...". They are shown once and stored only as hashes.
type RecoveryCodes []string

// NewRecoveryCodes makes RecoveryCodeCount codes.
func NewRecoveryCodes() RecoveryCodes {
	codes := make(RecoveryCodes, RecoveryCodeCount)
	for i := range codes {
		codes[i] = grouped(strings.ToLower(rand.Text()[:recoveryCodeLength]), "-")
	}
	return codes
}

// grouped splits text into groups of four.
func grouped(text, between string) string {
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), between)
}

// Hashes are what is stored of the codes; nil for nil.
func (c RecoveryCodes) Hashes() []string {
	if c == nil {
		return nil
	}
	hashes := make([]string, len(c))
	for i, code := range c {
		hashes[i], _ = RecoveryCodeHash(code)
	}
	return hashes
}

// alike replaces digits that are in no code by the letters that look like them.
var alike = strings.NewReplacer("0", "O", "1", "I", "8", "B")

// RecoveryCodeHash is the hash of a code as typed. It is false for a text that cannot be one.
func RecoveryCodeHash(typed string) (string, bool) {
	code := alike.Replace(TypedCode(typed))
	if len(code) != recoveryCodeLength || !audit.IsID(code+"AA") {
		return "", false
	}
	return HashToken(code), true
}
