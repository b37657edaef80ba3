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

// A RecoveryStore stores password resets, changes of address and deletions. The rules of Store apply.
type RecoveryStore interface {
	// UserByID returns ErrNotFound for an unknown id. Disabled accounts are found.
	UserByID(ctx context.Context, id string) (auth.User, error)
	// ReplaceOneTimeToken stores a token in place of all others of its account and purpose. ErrConflict when the epoch
	// is no longer the given one or the account is disabled. A token for nobody opens nothing and takes as long.
	ReplaceOneTimeToken(ctx context.Context, k OneTimeToken, epoch int64, p Press, e audit.Event) error
	// ResetPassword uses the token up, sets the hash, raises the epoch, ends every session and deletes all other
	// one-time tokens of the account, all or nothing. ErrNotFound when the token is unknown, used or too old, or the
	// account disabled.
	ResetPassword(ctx context.Context, r ResetPasswordParams) ([]session.Session, error)

	EmailChangeStore

	// MarkForDeletion stores when the account is to be deleted, raises the epoch and ends every session. ErrConflict
	// when the epoch is no longer the given one, the session that asks is over, or a deletion is scheduled already.
	// ErrLastAdministrator when nobody else could administer the portal.
	MarkForDeletion(ctx context.Context, d Deletion) ([]session.Session, error)
	// KeepAccount cancels the deletion. ErrConflict when the session that asks is over or no deletion is scheduled.
	KeepAccount(ctx context.Context, by audit.Actor, at time.Time, press *act.Record, e audit.Event) error
	// DeleteAccounts deletes up to limit accounts that were to be deleted at that time, each with everything of theirs,
	// and returns their ids.
	DeleteAccounts(ctx context.Context, due time.Time, limit int) ([]string, error)

	// Export hands all stored data about the person except secrets to write, with the event as the last of theirs, and then
	// stores the event and the press that write returns, all or nothing. Nobody waits for a lock while write runs. ErrConflict
	// when the session that asks is over.
	Export(ctx context.Context, by audit.Actor, e audit.Event, write func([]Table) (Press, error)) error
}

// ResetPasswordParams are a new password, set with a one-time token.
type ResetPasswordParams struct {
	UserID, TokenHash, PasswordHash string
	Email                           string // of the account
	At                              time.Time
	Client                          device.Client
	Act                             *act.Record
	Event                           audit.Event
}

// ResetValid is how long the token of a password reset works.
const ResetValid = 30 * time.Minute

// SendResetToken sends the owner of an address the email with which they reset the password of its account. write makes it of
// the token, and earlier tokens stop working. For an unknown address, a disabled account, and a demo account, which receives no
// email, the same is done for nobody: write gets an owner without an id, and makes a decoy. ErrConflict for a press that was
// answered before.
func (s *Service) SendResetToken(ctx context.Context, email string, c device.Client, press *act.Record,
	write func(owner auth.User, token string) (mail.Row, error)) error {
	user, err := s.auth.LookUp(ctx, email)
	if err == nil && (user.IsDemo() || !user.DisabledAt.IsZero()) {
		err = audit.ErrNotFound
	}
	unknown := errors.Is(err, audit.ErrNotFound)
	if err != nil && !unknown {
		return err
	}
	token, at, e := auth.NewToken(), audit.Now(), audit.NewEvent(audit.PasswordResetRequested, user.ID, "", c)
	if unknown {
		user, e = auth.User{Email: email}, audit.NewEvent(audit.PasswordResetRequested, "", "", c).Because("unknown").About(email)
	}
	row, err := write(user, token)
	if err != nil {
		return err
	}
	err = s.store.ReplaceOneTimeToken(ctx, OneTimeToken{
		TokenHash: auth.HashToken(token), UserID: user.ID, Purpose: PurposeReset, CreatedAt: at, ExpiresAt: at.Add(ResetValid),
	}, user.Epoch, Press{Act: press, Emails: []mail.Row{row}}, e)
	if err != nil {
		return fmt.Errorf("send a reset token: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}

// ResetTokenOwner returns whose password the token would change. It changes nothing, because mail scanners open links.
// ErrNotFound when the token is unknown, used or too old, or the account is disabled.
func (s *Service) ResetTokenOwner(ctx context.Context, token string) (auth.User, error) {
	return s.oneTimeTokenOwner(ctx, token, PurposeReset)
}

func (s *Service) oneTimeTokenOwner(ctx context.Context, token, purpose string) (auth.User, error) {
	if !audit.IsID(token) {
		return auth.User{}, audit.ErrNotFound
	}
	sent, err := s.store.OneTimeToken(ctx, auth.HashToken(token), purpose, audit.Now())
	if err != nil {
		return auth.User{}, err
	}
	user, err := s.store.UserByID(ctx, sent.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		return auth.User{}, audit.ErrNotFound
	}
	return user, err
}

// ResetPassword sets the password of the token's account, once, and ends every session of it (ASVS v5.0.0-6.4.3,
// 7.4.3). It signs nobody in and leaves second factors as they are. It returns the account, a PasswordError,
// ErrNotFound as ResetTokenOwner does, or ErrBusy.
func (s *Service) ResetPassword(ctx context.Context, token, password string, c device.Client, press *act.Record) (auth.User, error) {
	user, err := s.ResetTokenOwner(ctx, token)
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
	r := ResetPasswordParams{
		UserID: user.ID, TokenHash: auth.HashToken(token), PasswordHash: encoded, Email: user.Email, At: audit.Now(), Client: c, Act: press,
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
