package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

// An EmailChange is a requested change of an account's email address.
type EmailChange struct {
	ID, UserID                   string
	Email, NormalizedEmail       string // asked for
	OldEmail, OldNormalizedEmail string // at that time
	AskedAt                      time.Time
	ConfirmUntil                 time.Time // zero once it cannot be confirmed any more
	ConfirmedAt                  time.Time // zero until it has taken effect
	UndoUntil                    time.Time
}

// An EmailChangeStore stores changes of email addresses.
type EmailChangeStore interface {
	// RequestEmailChange stores a change and the token that confirms it, in place of a pending one. ErrConflict when
	// the session that asks is over.
	RequestEmailChange(ctx context.Context, a RequestEmailChangeParams) error
	// PendingEmailChange returns the change of that account that can still be confirmed. ErrNotFound.
	PendingEmailChange(ctx context.Context, userID string, at time.Time) (EmailChange, error)
	// EmailChangeToUndo returns the change that a token sent to the old address undoes. ErrNotFound.
	EmailChangeToUndo(ctx context.Context, keyHash string, at time.Time) (EmailChange, error)
	// ConfirmEmailChange uses the token up, sets the address, raises the epoch, ends every other session, rotates the
	// one that confirms and deletes all other one-time tokens of the account, all or nothing. ErrNotFound when the
	// token is unknown, used, too old or another account's; ErrEmailTaken; ErrEnded when the session is over.
	ConfirmEmailChange(ctx context.Context, c ConfirmEmailChangeParams) ([]session.Session, error)
	// UndoEmailChange sets the old address and the hash, forgets that change and every later one, deletes the second
	// factors that the account got since it was asked for, cancels a deletion that was, raises the epoch, ends every session and
	// deletes all other one-time tokens of the account. ErrNotFound when the change was undone before or the account is
	// disabled; ErrEmailTaken.
	UndoEmailChange(ctx context.Context, u UndoEmailChangeParams) (ended []session.Session, kept bool, err error)
}

// RequestEmailChangeParams are a change of address, requested from one session.
type RequestEmailChangeParams struct {
	EmailChange
	ConfirmHash, StopHash string
	By                    audit.Actor
	Press                 Press
	Event                 audit.Event
}

// ConfirmEmailChangeParams are the confirmation of a change of address, from one session.
type ConfirmEmailChangeParams struct {
	session.Rotation
	TokenHash string
	UndoHash  string
	UndoUntil time.Time
	Client    device.Client
	Events    []audit.Event
}

// UndoEmailChangeParams are the undoing of a change of address, with a token sent to the old address.
type UndoEmailChangeParams struct {
	EmailChange
	TokenHash    string
	PasswordHash string // which no password has, so that the old password stops working
	At           time.Time
	Client       device.Client
	Act          *act.Record
	Event        audit.Event
	Kept         audit.Event // if a deletion was cancelled
}

// How long a change of address can be confirmed from the new address, and undone from the old one.
const (
	EmailChangeValid = 24 * time.Hour
	EmailUndoValid   = 7 * 24 * time.Hour
)

// RequestEmailChange begins a change of address, which takes effect when the new address confirms it. write makes the emails
// of the token with which the new address confirms the change and the one with which the old address stops it. ErrEmail for an
// address to which no email can be sent, ErrConflict when the session is over or the press was answered before. It does not
// check whether the new address has an account, because the answer must not reveal that.
func (s *Service) RequestEmailChange(ctx context.Context, by audit.Actor, u auth.User, email string, press *act.Record,
	write func(confirm, stop string) ([]mail.Row, error)) error {
	email, normalizedEmail, err := auth.NewEmail(email)
	if err != nil || auth.IsDemoAddress(normalizedEmail) != u.IsDemo() {
		return auth.ErrEmail
	}
	confirm, stop, at := auth.NewToken(), auth.NewToken(), audit.Now()
	emails, err := write(confirm, stop)
	if err != nil {
		return err
	}
	params := RequestEmailChangeParams{
		EmailChange: EmailChange{
			ID: audit.NewID(), UserID: u.ID, Email: email, NormalizedEmail: normalizedEmail, OldEmail: u.Email, OldNormalizedEmail: u.NormalizedEmail,
			AskedAt: at, ConfirmUntil: at.Add(EmailChangeValid), UndoUntil: at.Add(EmailUndoValid),
		},
		ConfirmHash: auth.HashToken(confirm), StopHash: auth.HashToken(stop), By: by, Press: Press{Act: press, Emails: emails},
		Event: by.Event(audit.EmailChangeRequested),
	}
	if err := s.store.RequestEmailChange(ctx, params); err != nil {
		return fmt.Errorf("ask for a change of address: %w", err)
	}
	s.audit.Log(ctx, params.Event)
	return nil
}

// PendingEmailChange returns the person's change of address that is not confirmed yet. ErrNotFound.
func (s *Service) PendingEmailChange(ctx context.Context, userID string) (EmailChange, error) {
	return s.store.PendingEmailChange(ctx, userID, audit.Now())
}

// EmailChangeTokenOwner returns whose address the token would change. It changes nothing. ErrNotFound as for
// ResetTokenOwner.
func (s *Service) EmailChangeTokenOwner(ctx context.Context, token string) (auth.User, error) {
	return s.oneTimeTokenOwner(ctx, token, PurposeEmail)
}

// ConfirmEmailChange gives the session's account the new address: every other session ends, and this one is rotated.
// The token alone is not enough, so that a mistyped address does not hand the account to its owner. The old address undoes
// it with undo. ErrNotFound, ErrEmailTaken when another account has got the address in the meantime, or ErrEnded.
func (s *Service) ConfirmEmailChange(ctx context.Context, by session.Session, token, undo string, next session.NewToken, c device.Client) error {
	at := audit.Now()
	params := ConfirmEmailChangeParams{
		Rotation:  session.Rotation{Session: by, NewToken: next, At: at},
		TokenHash: auth.HashToken(token), UndoHash: auth.HashToken(undo), UndoUntil: at.Add(EmailUndoValid), Client: c,
		Events: []audit.Event{audit.NewEvent(audit.EmailChanged, by.UserID, by.ID, c), audit.NewEvent(audit.SessionRenewed, by.UserID, by.ID, c)},
	}
	params.Events[1].Reason = "email_changed"
	ended, err := s.store.ConfirmEmailChange(ctx, params)
	if err != nil {
		return fmt.Errorf("confirm a change of address: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, c), params.Events...)...)
	return nil
}

// EmailChangeToUndo returns the change that a token sent to the old address undoes. ErrNotFound when it is unknown,
// used or too old, or the account is disabled.
func (s *Service) EmailChangeToUndo(ctx context.Context, token string) (EmailChange, error) {
	if !audit.IsID(token) {
		return EmailChange{}, audit.ErrNotFound
	}
	change, err := s.store.EmailChangeToUndo(ctx, auth.HashToken(token), audit.Now())
	if err != nil {
		return EmailChange{}, err
	}
	user, err := s.store.UserByID(ctx, change.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		err = audit.ErrNotFound
	}
	return change, err
}

// UndoEmailChange gives the account its old address back, or keeps it; the token sent there is enough. Whoever asked
// for the change knows the password and may have added second factors since: so every session ends, the password stops
// working until it is reset by email, and second factors added after the request are deleted. Older ones stay, so that
// the old address alone opens no more than it did before. ErrNotFound as for EmailChangeToUndo, ErrEmailTaken when
// another account has the old address by now.
func (s *Service) UndoEmailChange(ctx context.Context, token string, c device.Client, press *act.Record) (EmailChange, error) {
	change, err := s.EmailChangeToUndo(ctx, token)
	if err != nil {
		return EmailChange{}, err
	}
	params := UndoEmailChangeParams{
		EmailChange: change, TokenHash: auth.HashToken(token), PasswordHash: s.auth.UnusableHash(), At: audit.Now(), Client: c, Act: press,
		Event: audit.NewEvent(audit.EmailChangeUndone, change.UserID, "", c), Kept: audit.NewEvent(audit.DeletionStopped, change.UserID, "", c),
	}
	ended, kept, err := s.store.UndoEmailChange(ctx, params)
	if errors.Is(err, auth.ErrEmailTaken) {
		return change, err
	}
	if err != nil {
		return EmailChange{}, fmt.Errorf("undo a change of address: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, c), params.Event)...)
	if kept {
		s.audit.Log(ctx, params.Kept)
	}
	return change, nil
}
