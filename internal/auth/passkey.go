package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
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
	BackupState    bool   // it is, as its authenticator said last
	Name           string
	CreatedAt      time.Time
	LastUsedAt     time.Time // zero until it is used
}

// MaxPasskeys is how many an account may have.
const MaxPasskeys = 20

// MaxPasskeyName is how long the name of a passkey may be, in code points.
const MaxPasskeyName = 60

var (
	// ErrSpent means the challenge was answered before.
	ErrSpent = errors.New("challenge spent")
	// ErrTooManyPasskeys means the account has MaxPasskeys already.
	ErrTooManyPasskeys = errors.New("too many passkeys")
	// ErrPasskeyTaken means the authenticator's credential is enrolled already.
	ErrPasskeyTaken = errors.New("passkey enrolled already")
)

// CleanPasskeyName returns the name as it is kept, single-spaced, or a NameError.
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

// Passkeys returns those of a person, oldest first.
func (s *Service) Passkeys(ctx context.Context, userID string) ([]Passkey, error) {
	return s.store.Passkeys(ctx, userID)
}

// Passkey returns one of the same person. ErrNotFound for foreign and unknown ids alike (ASVS v5.0.0-8.2.2).
func (s *Service) Passkey(ctx context.Context, userID, id string) (Passkey, error) {
	if !audit.IsID(id) {
		return Passkey{}, audit.ErrNotFound
	}
	all, err := s.store.Passkeys(ctx, userID)
	if err != nil {
		return Passkey{}, err
	}
	for _, one := range all {
		if one.ID == id {
			return one, nil
		}
	}
	return Passkey{}, audit.ErrNotFound
}

// A PasskeyRenaming is the change of a passkey's name from one session.
type PasskeyRenaming struct {
	By       Session
	ID, Name string
	At       time.Time
	Event    audit.Event
}

// RenamePasskey returns the name as it is kept, a NameError, ErrNotFound, or ErrOvertaken when the session is over.
func (s *Service) RenamePasskey(ctx context.Context, by Session, id, name string, c device.Client) (string, error) {
	name, err := CleanPasskeyName(name)
	if err != nil {
		return "", err
	}
	before, err := s.Passkey(ctx, by.UserID, id)
	if err != nil || before.Name == name {
		return name, err
	}
	r := PasskeyRenaming{By: by, ID: id, Name: name, At: audit.Now(), Event: audit.NewEvent(audit.PasskeyRenamed, by.UserID, by.ID, c)}
	if err := s.store.RenamePasskey(ctx, r); err != nil {
		return "", fmt.Errorf("rename passkey: %w", err)
	}
	s.audit.Log(ctx, r.Event)
	return name, nil
}
