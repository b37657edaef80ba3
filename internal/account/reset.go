package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// A RecoveryStore keeps what is done by letter and what ends an account. The rules of Store hold.
type RecoveryStore interface {
	// UserByID returns ErrNotFound for an unknown id. Disabled accounts are found.
	UserByID(ctx context.Context, id string) (auth.User, error)
	// ReplaceLetterKey stores a key in place of all others of its account and purpose. ErrConflict when the epoch is no
	// longer the given one or the account is disabled.
	ReplaceLetterKey(ctx context.Context, k LetterKey, epoch int64, e audit.Event) error
	// ResetPassword uses the key up, sets the hash, raises the epoch, ends every session and deletes the keys of all
	// other letters, all or nothing. ErrNotFound when the key is unknown, used or too old, or the account disabled.
	ResetPassword(ctx context.Context, r PasswordResetting) ([]session.Session, error)

	EmailChangeStore

	// MarkForDeletion writes when the account is to be deleted, raises the epoch and ends every session. ErrConflict
	// when the epoch is no longer the given one, the session that asks is over, or the account is marked already.
	MarkForDeletion(ctx context.Context, d Deletion) ([]session.Session, error)
	// KeepAccount takes that mark away. ErrConflict when the session that asks is over or there is no mark.
	KeepAccount(ctx context.Context, by audit.Actor, at time.Time, e audit.Event) error
	// DeleteAccounts deletes up to limit accounts that were to be deleted at that time, each with everything of theirs,
	// and returns their ids.
	DeleteAccounts(ctx context.Context, due time.Time, limit int) ([]string, error)

	// Export returns everything that is kept about a person, but for secrets.
	Export(ctx context.Context, userID string) ([]Table, error)
}

// PasswordResetting sets a password by letter.
type PasswordResetting struct {
	UserID, KeyHash, PasswordHash string
	At                            time.Time
	Client                        device.Client
	Event                         audit.Event
}

// ResetValid is how long the letter of a forgotten password can be answered.
const ResetValid = 30 * time.Minute

const purposeReset = "reset"

// NewResetKey makes the key with which the reader of a letter chooses another password for the account of an address.
// It kills those made before it. ErrNotFound for an unknown address, a disabled account, and a demo account, where no
// letter arrives.
func (s *Service) NewResetKey(ctx context.Context, email string, c device.Client) (auth.User, string, error) {
	user, err := s.auth.LookUp(ctx, email)
	if err == nil && (user.IsDemo() || !user.DisabledAt.IsZero()) {
		err = audit.ErrNotFound
	}
	if errors.Is(err, audit.ErrNotFound) {
		s.audit.Report(ctx, audit.PasswordResetRequested, "", "", "unknown", c)
	}
	if err != nil {
		return auth.User{}, "", err
	}
	key, at, e := auth.NewKey(), audit.Now(), audit.NewEvent(audit.PasswordResetRequested, user.ID, "", c)
	err = s.store.ReplaceLetterKey(ctx, LetterKey{
		TokenHash: auth.HashToken(key), UserID: user.ID, Purpose: purposeReset, CreatedAt: at, ExpiresAt: at.Add(ResetValid),
	}, user.Epoch, e)
	if err != nil {
		return auth.User{}, "", fmt.Errorf("new reset key: %w", err)
	}
	s.audit.Log(ctx, e)
	return user, key, nil
}

// ResetKeyOwner returns whose password the key would change. It changes nothing: mail scanners follow links.
// ErrNotFound when the key is unknown, used or too old, or the account is disabled.
func (s *Service) ResetKeyOwner(ctx context.Context, key string) (auth.User, error) {
	return s.letterKeyOwner(ctx, key, purposeReset)
}

func (s *Service) letterKeyOwner(ctx context.Context, key, purpose string) (auth.User, error) {
	if !audit.IsID(key) {
		return auth.User{}, audit.ErrNotFound
	}
	sent, err := s.store.LetterKey(ctx, auth.HashToken(key), purpose, audit.Now())
	if err != nil {
		return auth.User{}, err
	}
	user, err := s.store.UserByID(ctx, sent.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		return auth.User{}, audit.ErrNotFound
	}
	return user, err
}

// ResetPassword sets the password of the key's account, once, and ends every session of it (ASVS v5.0.0-6.4.3, 7.4.3).
// It signs nobody in, and whatever else the account asks for at sign-in it goes on asking for. It returns the account, a
// PasswordError, ErrNotFound as ResetKeyOwner does, or ErrBusy.
func (s *Service) ResetPassword(ctx context.Context, key, password string, c device.Client) (auth.User, error) {
	user, err := s.ResetKeyOwner(ctx, key)
	if err != nil {
		return auth.User{}, err
	}
	if err := auth.CheckNewPassword(password, auth.MinPassword, user.Name, user.Email); err != nil {
		return user, err
	}
	encoded, err := s.auth.HashPassword(ctx, password)
	if err != nil {
		return auth.User{}, err
	}
	r := PasswordResetting{
		UserID: user.ID, KeyHash: auth.HashToken(key), PasswordHash: encoded, At: audit.Now(), Client: c,
		Event: audit.NewEvent(audit.PasswordChange, user.ID, "", c),
	}
	r.Event.Reason = "reset"
	ended, err := s.store.ResetPassword(ctx, r)
	if err != nil {
		return auth.User{}, fmt.Errorf("reset password: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, c), r.Event)...)
	return user, nil
}
