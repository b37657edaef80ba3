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

// An EmailChange is a change of an account's address that somebody asked for.
type EmailChange struct {
	ID, UserID            string
	Email, EmailKey       string // asked for
	OldEmail, OldEmailKey string // at that time
	AskedAt               time.Time
	ConfirmUntil          time.Time // zero once it cannot be confirmed any more
	ConfirmedAt           time.Time // zero until it has taken effect
	UndoUntil             time.Time
}

// An EmailChangeStore keeps changes of address.
type EmailChangeStore interface {
	// AskEmailChange stores a change and the key that confirms it, in place of one that waits. ErrConflict when the
	// session that asks is over.
	AskEmailChange(ctx context.Context, a EmailAsking) error
	// WaitingEmailChange returns the change of that account that can be confirmed. ErrNotFound.
	WaitingEmailChange(ctx context.Context, userID string, at time.Time) (EmailChange, error)
	// EmailChangeToUndo returns the change that a key of the old address takes back. ErrNotFound.
	EmailChangeToUndo(ctx context.Context, keyHash string, at time.Time) (EmailChange, error)
	// ConfirmEmailChange uses the key up, sets the address, raises the epoch, ends every other session, rotates the one
	// that confirms and deletes the keys of all other letters, all or nothing. ErrNotFound when the key is unknown, used,
	// too old or another account's; ErrEmailTaken; ErrEnded when the session is over.
	ConfirmEmailChange(ctx context.Context, c EmailConfirming) (EmailChange, []session.Session, error)
	// UndoEmailChange sets the old address and the hash, forgets that change and every later one, deletes the second factors
	// that the account got since it was asked for, raises the epoch, ends every session and deletes the keys of all other
	// letters. ErrNotFound when the change was undone before or the account is
	// disabled; ErrEmailTaken.
	UndoEmailChange(ctx context.Context, u EmailUndoing) ([]session.Session, error)
}

// EmailAsking is a change of address asked for from one session.
type EmailAsking struct {
	EmailChange
	ConfirmHash, StopHash string
	By                    audit.Actor
	Event                 audit.Event
}

// EmailConfirming is the answer to the letter, given in one session.
type EmailConfirming struct {
	session.Rotation
	KeyHash   string
	UndoHash  string
	UndoUntil time.Time
	Client    device.Client
	Events    []audit.Event
}

// EmailUndoing takes a change back on the word of the old address.
type EmailUndoing struct {
	EmailChange
	PasswordHash string // of nothing: the password from before opens nothing any more
	At           time.Time
	Client       device.Client
	Event        audit.Event
}

// How long a change of address can be confirmed by the new address, and taken back by the old one.
const (
	EmailChangeValid = 24 * time.Hour
	EmailUndoValid   = 7 * 24 * time.Hour
)

const purposeEmail = "email"

// AskEmailChange begins a change of address. Until the new one confirms, nothing changes. It returns the key for the
// letter there and the one with which the old address stops it; ErrEmail for what is no address or one where no letter
// arrives, ErrConflict when the session is over. Whether the address has an account makes no difference.
func (s *Service) AskEmailChange(ctx context.Context, by audit.Actor, u auth.User, email string) (confirm, stop string, err error) {
	emailKey, err := auth.EmailKey(email)
	if err != nil || auth.IsDemoAddress(emailKey) || u.IsDemo() {
		return "", "", auth.ErrEmail
	}
	confirm, stop = auth.NewKey(), auth.NewKey()
	at := audit.Now()
	asking := EmailAsking{
		EmailChange: EmailChange{
			ID: audit.NewID(), UserID: u.ID, Email: email, EmailKey: emailKey, OldEmail: u.Email, OldEmailKey: u.EmailKey,
			AskedAt: at, ConfirmUntil: at.Add(EmailChangeValid), UndoUntil: at.Add(EmailUndoValid),
		},
		ConfirmHash: auth.HashToken(confirm), StopHash: auth.HashToken(stop), By: by, Event: by.Event(audit.EmailChangeRequested),
	}
	if err := s.store.AskEmailChange(ctx, asking); err != nil {
		return "", "", fmt.Errorf("ask for a change of address: %w", err)
	}
	s.audit.Log(ctx, asking.Event)
	return confirm, stop, nil
}

// WaitingEmailChange returns the person's change of address that waits for the new one to confirm. ErrNotFound.
func (s *Service) WaitingEmailChange(ctx context.Context, userID string) (EmailChange, error) {
	return s.store.WaitingEmailChange(ctx, userID, audit.Now())
}

// EmailKeyOwner returns whose address the key would change. It changes nothing. ErrNotFound as for ResetKeyOwner.
func (s *Service) EmailKeyOwner(ctx context.Context, key string) (auth.User, error) {
	return s.letterKeyOwner(ctx, key, purposeEmail)
}

// ConfirmEmailChange makes the new address the one of the session's account: every other session ends, and this one gets
// another token. Reading the letter is not enough: whoever mistypes an address hands nobody an account. It returns the
// change and the key with which the old address takes it back; ErrNotFound, ErrEmailTaken when another account has got
// the address in the meantime, or ErrEnded.
func (s *Service) ConfirmEmailChange(ctx context.Context, by session.Session, key, newHash string, c device.Client) (EmailChange, string, error) {
	undo, at := auth.NewKey(), audit.Now()
	confirming := EmailConfirming{
		Rotation: session.Rotation{Session: by, NewTokenHash: newHash, At: at},
		KeyHash:  auth.HashToken(key), UndoHash: auth.HashToken(undo), UndoUntil: at.Add(EmailUndoValid), Client: c,
		Events: []audit.Event{audit.NewEvent(audit.EmailChanged, by.UserID, by.ID, c), audit.NewEvent(audit.SessionRenewed, by.UserID, by.ID, c)},
	}
	confirming.Events[1].Reason = "email_changed"
	change, ended, err := s.store.ConfirmEmailChange(ctx, confirming)
	if err != nil {
		return EmailChange{}, "", fmt.Errorf("confirm a change of address: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, c), confirming.Events...)...)
	return change, undo, nil
}

// EmailChangeToUndo returns the change that a key from a letter to the old address takes back. ErrNotFound when it is
// unknown, used or too old, or the account is disabled.
func (s *Service) EmailChangeToUndo(ctx context.Context, key string) (EmailChange, error) {
	if !audit.IsID(key) {
		return EmailChange{}, audit.ErrNotFound
	}
	change, err := s.store.EmailChangeToUndo(ctx, auth.HashToken(key), audit.Now())
	if err != nil {
		return EmailChange{}, err
	}
	user, err := s.store.UserByID(ctx, change.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		err = audit.ErrNotFound
	}
	return change, err
}

// UndoEmailChange gives the account its old address back, or keeps it, on that address's word alone. Whoever asked for the
// change knows the password and may have added ways in since: every session ends, the password opens nothing until another
// is set by letter, and second factors that came after the change go. Older ones stay, so that the old address opens no
// more than it did. ErrNotFound as for EmailChangeToUndo, ErrEmailTaken when another
// account has the old address by now.
func (s *Service) UndoEmailChange(ctx context.Context, key string, c device.Client) (EmailChange, error) {
	change, err := s.EmailChangeToUndo(ctx, key)
	if err != nil {
		return EmailChange{}, err
	}
	undoing := EmailUndoing{
		EmailChange: change, PasswordHash: s.auth.UnusableHash(), At: audit.Now(), Client: c,
		Event: audit.NewEvent(audit.EmailChangeUndone, change.UserID, "", c),
	}
	ended, err := s.store.UndoEmailChange(ctx, undoing)
	if errors.Is(err, auth.ErrEmailTaken) {
		return change, err
	}
	if err != nil {
		return EmailChange{}, fmt.Errorf("undo a change of address: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, c), undoing.Event)...)
	return change, nil
}
