package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
)

// SignUpValid is how long a sign-up can be confirmed.
const SignUpValid = 24 * time.Hour

// An Application is the filled-in form of a sign-up.
type Application struct {
	Name, Email, Password string
	Act                   *act.Record
	// Confirm makes the email with the token that confirms the sign-up, Exists the one to the owner of the account that has
	// the address. One of the two is sent.
	Confirm func(token string) (mail.Row, error)
	Exists  func(owner auth.User) (mail.Row, error)
}

// Register begins an account, which exists only after Confirm, and stores the email about it. It returns a NameError or a
// PasswordError for what cannot be chosen, ErrEmail, ErrBusy, or ErrConflict for a press that was answered before. It does not
// return whether the address has an account, and takes as long for one as for the other: the hash is computed for both, and
// both are one transaction with one email (ASVS v5.0.0-6.3.8).
func (s *Service) Register(ctx context.Context, a Application, c device.Client) error {
	email, normalized, err := auth.NewEmail(a.Email)
	if err != nil {
		return err
	}
	if a.Name, err = auth.CleanName(a.Name); err != nil {
		return err
	}
	if err := auth.CheckNewPassword(a.Password, auth.MinPassword, a.Name, a.Email); err != nil {
		return err
	}
	hash, err := s.auth.HashPassword(ctx, a.Password)
	if err != nil {
		return err
	}
	if auth.IsDemoAddress(normalized) {
		return nil // no email would arrive
	}
	user, err := s.auth.LookUp(ctx, a.Email)
	if err == nil {
		return s.registerAgain(ctx, a, user, c)
	}
	if !errors.Is(err, audit.ErrNotFound) {
		return fmt.Errorf("register: %w", err)
	}
	token, at := auth.NewToken(), audit.Now()
	confirm, err := a.Confirm(token)
	if err != nil {
		return err
	}
	pending := SignUp{
		TokenHash: auth.HashToken(token), Email: email, NormalizedEmail: normalized, Name: a.Name, PasswordHash: hash,
		UserAgent: c.UserAgent, CreatedAt: at, ExpiresAt: at.Add(SignUpValid),
	}
	e := audit.NewEvent(audit.SignUpRequested, "", "", c)
	if err := s.store.AddSignUp(ctx, pending, Press{Act: a.Act, Emails: []mail.Row{confirm}}, e); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}

// registerAgain tells the owner of an address that it has an account. It stores as much as a sign-up does, so that nobody else learns
// it from how long the answer takes.
func (s *Service) registerAgain(ctx context.Context, a Application, owner auth.User, c device.Client) error {
	email, err := a.Exists(owner)
	if err != nil {
		return err
	}
	e := audit.NewEvent(audit.SignUpAddressTaken, owner.ID, "", c)
	decoy := OneTimeToken{TokenHash: auth.HashToken(auth.NewToken()), UserID: owner.ID, Purpose: PurposeReset, CreatedAt: e.At, ExpiresAt: e.At.Add(ResetValid)}
	if err := s.store.RefuseSignUp(ctx, decoy, Press{Act: a.Act, Emails: []mail.Row{email}}, e); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}

// PendingSignUp returns what the token of a confirmation email would confirm. It changes nothing, because mail scanners
// open links. ErrNotFound when it is unknown, used or too old.
func (s *Service) PendingSignUp(ctx context.Context, token string) (SignUp, error) {
	return s.store.SignUp(ctx, auth.HashToken(token), audit.Now())
}

// Confirm turns a sign-up into an account, once. It signs nobody in (ASVS v5.0.0-7.6.2). ErrNotFound when the link is
// unknown, used or too old, or when another sign-up for the address was confirmed first.
func (s *Service) Confirm(ctx context.Context, token string, c device.Client, press *act.Record) error {
	hash, at := auth.HashToken(token), audit.Now()
	pending, err := s.store.SignUp(ctx, hash, at)
	if err != nil {
		return err
	}
	user := auth.User{
		ID: audit.NewID(), Email: pending.Email, NormalizedEmail: pending.NormalizedEmail, Name: pending.Name, Role: auth.RoleMember,
		PasswordHash: pending.PasswordHash, PasswordChangedAt: at, CreatedAt: at,
	}
	e := audit.NewEvent(audit.UserCreated, user.ID, "", c)
	err = s.store.ConfirmSignUp(ctx, hash, user, press, e)
	if errors.Is(err, auth.ErrEmailTaken) {
		return audit.ErrNotFound
	}
	if err != nil {
		return err
	}
	s.audit.Log(ctx, e)
	return nil
}

// CreateUser makes an account by order of an operator, with its address confirmed. It returns ErrEmail, for an address
// of demo accounts as well, ErrEmailTaken, a NameError or a PasswordError.
func (s *Service) CreateUser(ctx context.Context, name, email, password, role string) (auth.User, error) {
	email, normalized, err := auth.NewEmail(email)
	if err != nil {
		return auth.User{}, err
	}
	if auth.IsDemoAddress(normalized) {
		return auth.User{}, auth.ErrEmail
	}
	if name, err = auth.CleanName(name); err != nil {
		return auth.User{}, err
	}
	if err := auth.CheckNewPassword(password, auth.MinPassword, name, email); err != nil {
		return auth.User{}, err
	}
	hash, err := s.auth.HashPassword(ctx, password)
	if err != nil {
		return auth.User{}, err
	}
	if taken, err := s.HasUser(ctx, email); err != nil || taken { // also under a key from before
		return auth.User{}, cmp.Or(err, auth.ErrEmailTaken)
	}
	at := audit.Now()
	user := auth.User{
		ID: audit.NewID(), Email: email, NormalizedEmail: normalized, Name: name, Role: role,
		PasswordHash: hash, PasswordChangedAt: at, CreatedAt: at,
	}
	e := audit.NewEvent(audit.UserCreated, user.ID, "", device.Client{}).Because("operator")
	if err := s.store.CreateUser(ctx, user, e); err != nil {
		return auth.User{}, err
	}
	s.audit.Log(ctx, e)
	return user, nil
}

// HasUser reports whether the address has an account.
func (s *Service) HasUser(ctx context.Context, email string) (bool, error) {
	_, err := s.auth.LookUp(ctx, email)
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// HasUsers reports whether any account exists.
func (s *Service) HasUsers(ctx context.Context) (bool, error) {
	n, err := s.store.CountUsers(ctx)
	return n > 0, err
}
