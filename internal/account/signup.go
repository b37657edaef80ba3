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
)

// SignUpValid is how long a sign-up can be confirmed.
const SignUpValid = 24 * time.Hour

// An Application is the filled-in form of a sign-up.
type Application struct {
	Name, Email, Password string
	// Unanswered means that no email will be sent, because the limit is reached: the password is hashed all the same,
	// so that the answer takes as long, but nothing is stored.
	Unanswered bool
}

// A Registration is the result of a sign-up: at most one of its fields is set, and the page must not show which.
type Registration struct {
	Token    string     // for the confirmation email
	Existing *auth.User // the address has an account, whose owner gets an email instead
}

// Register begins an account, which exists only after Confirm. It returns a NameError or a PasswordError for what cannot be
// chosen, ErrEmail, or ErrBusy. The hash is computed for a taken address too, so both take as long (ASVS v5.0.0-6.3.8).
func (s *Service) Register(ctx context.Context, a Application, c device.Client) (Registration, error) {
	normalized, err := auth.NormalizeEmail(a.Email)
	if err != nil {
		return Registration{}, err
	}
	if a.Name, err = auth.CleanName(a.Name); err != nil {
		return Registration{}, err
	}
	if err := auth.CheckNewPassword(a.Password, auth.MinPassword, a.Name, a.Email); err != nil {
		return Registration{}, err
	}
	hash, err := s.auth.HashPassword(ctx, a.Password)
	if err != nil {
		return Registration{}, err
	}
	if auth.IsDemoAddress(normalized) {
		return Registration{}, nil // no email would arrive
	}
	if a.Unanswered {
		s.audit.Report(ctx, audit.RateLimitExceeded, "", "", "sign-up", c)
		return Registration{}, nil
	}
	user, err := s.store.UserByEmail(ctx, normalized)
	if err == nil {
		s.audit.Record(ctx, audit.NewEvent(audit.SignUpAddressTaken, user.ID, "", c))
		return Registration{Existing: &user}, nil
	}
	if !errors.Is(err, audit.ErrNotFound) {
		return Registration{}, fmt.Errorf("register: %w", err)
	}
	token, at := auth.NewToken(), audit.Now()
	pending := SignUp{
		TokenHash: auth.HashToken(token), Email: a.Email, NormalizedEmail: normalized, Name: a.Name, PasswordHash: hash,
		UserAgent: c.UserAgent, CreatedAt: at, ExpiresAt: at.Add(SignUpValid),
	}
	if err := s.store.AddSignUp(ctx, pending); err != nil {
		return Registration{}, fmt.Errorf("register: %w", err)
	}
	s.audit.Report(ctx, audit.SignUpRequested, "", "", "", c)
	return Registration{Token: token}, nil
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
	normalized, err := auth.NormalizeEmail(email)
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
