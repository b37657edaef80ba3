package auth

import "time"

// A Sealer encrypts text for one place in the database; moved to another place, it does not open.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// A TOTPSecret is what the account and its authenticator app share, as it is stored.
type TOTPSecret struct {
	UserID     string
	Sealed     []byte
	LastStep   int64 // the latest time step a code was taken for
	EnrolledAt time.Time
}

// SealPlace binds the encrypted secret to its account.
func (t TOTPSecret) SealPlace() string { return "totp\x00" + t.UserID }
