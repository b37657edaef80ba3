package account

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// A TOTPEnrolment is a secret of an authenticator app before its first code, as it is stored.
type TOTPEnrolment struct {
	SessionID string // that asked for it
	UserID    string
	Sealed    []byte
	ExpiresAt time.Time
}

// SealPlace binds the encrypted secret to its account and session.
func (e TOTPEnrolment) SealPlace() string {
	return "totp enrolment\x00" + e.SessionID + "\x00" + e.UserID
}

// EnrolmentValid is how long an enrolment waits for the first code of the app.
const EnrolmentValid = 10 * time.Minute

// An AppSecret is a secret as its owner puts it into an app. It is shown until its first code is given, and never again.
type AppSecret struct {
	Text      string // in groups of four
	URI       string // for the picture
	ExpiresAt time.Time
}

// Factors are the second factors of an account, and how many sessions are open that they opened or would have.
type Factors struct {
	TOTPSince time.Time // zero without an authenticator app
	CodesLeft int       // recovery codes
	Sessions  int       // that live
}

// Factors returns the second factors of an account.
func (s *Service) Factors(ctx context.Context, userID string) (Factors, error) {
	f, err := s.store.Factors(ctx, userID, audit.Now())
	if err != nil {
		return Factors{}, fmt.Errorf("factors: %w", err)
	}
	return f, nil
}

// BeginTOTP makes a secret for an authenticator app, which takes effect with ConfirmTOTP. It replaces a pending secret
// of the same session.
func (s *Service) BeginTOTP(ctx context.Context, by audit.Actor) error {
	e := TOTPEnrolment{SessionID: by.SessionID, UserID: by.UserID, ExpiresAt: audit.Now().Add(EnrolmentValid)}
	var err error
	if e.Sealed, err = s.sealer.Seal(auth.NewTOTPSecret(), e.SealPlace()); err != nil {
		return fmt.Errorf("begin enrolment: %w", err)
	}
	return s.store.SetTOTPEnrolment(ctx, e)
}

// PendingTOTP returns the secret of this session whose first code is still missing. ErrNotFound.
func (s *Service) PendingTOTP(ctx context.Context, by audit.Actor, issuer, account string) (AppSecret, error) {
	secret, e, err := s.pendingTOTP(ctx, by)
	if err != nil {
		return AppSecret{}, err
	}
	return AppSecret{
		Text: auth.TOTPText(secret), URI: auth.TOTPURI(issuer, account, secret), ExpiresAt: e.ExpiresAt,
	}, nil
}

func (s *Service) pendingTOTP(ctx context.Context, by audit.Actor) ([]byte, TOTPEnrolment, error) {
	e, err := s.store.TOTPEnrolment(ctx, by.SessionID, audit.Now())
	if err != nil {
		return nil, e, err
	}
	e.SessionID, e.UserID = by.SessionID, by.UserID
	secret, err := s.sealer.Open(e.Sealed, e.SealPlace())
	if err != nil {
		return nil, e, audit.ErrNotFound // sealed with a key that is gone
	}
	return secret, e, nil
}

// ConfirmTOTP enrols the app that has the pending secret, in place of the one before. ErrBadCode for a wrong code,
// ErrNotFound when no enrolment is pending.
func (s *Service) ConfirmTOTP(ctx context.Context, f FactorChange, typed string) (FactorChanged, error) {
	secret, _, err := s.pendingTOTP(ctx, f.Session.By(f.Client))
	if err != nil {
		return FactorChanged{}, err
	}
	at := audit.Now()
	step, ok := auth.MatchTOTP(secret, typed, at, 0)
	if !ok {
		return FactorChanged{}, auth.ErrBadCode
	}
	t := auth.TOTPSecret{UserID: f.Session.UserID, LastStep: step, EnrolledAt: at}
	if t.Sealed, err = s.sealer.Seal(secret, t.SealPlace()); err != nil {
		return FactorChanged{}, fmt.Errorf("enrol: %w", err)
	}
	return s.changeFactors(ctx, f, audit.MFAEnrolled, "totp", firstCodes(f.User), func(c CredentialsChange) ([]session.Session, error) {
		return s.store.EnrolTOTP(ctx, c, t)
	})
}

// RemoveTOTP deletes the authenticator app, and with the last factor the recovery codes. ErrNotFound when there is
// none, ErrLastFactor where the account must keep one.
func (s *Service) RemoveTOTP(ctx context.Context, f FactorChange) (FactorChanged, error) {
	codes, err := s.codesWithout(f.User, f.User.Passkeys)
	if err != nil {
		return FactorChanged{}, err
	}
	return s.changeFactors(ctx, f, audit.MFARemoved, "totp", codes, func(c CredentialsChange) ([]session.Session, error) {
		return s.store.RemoveTOTP(ctx, c)
	})
}

// codesWithout are the recovery codes after a factor is removed: as they are when another is left, and none otherwise.
// ErrLastFactor where the account must keep one.
func (s *Service) codesWithout(u auth.User, anotherLeft bool) (auth.RecoveryCodes, error) {
	switch {
	case anotherLeft:
		return nil, nil
	case s.needsFactor(u):
		return nil, auth.ErrLastFactor
	}
	return auth.RecoveryCodes{}, nil
}

func (s *Service) needsFactor(u auth.User) bool { return s.requireSecondFactor && !u.IsDemo() }

// LacksFactor reports whether the account must get a second factor before anything else. A demo account need not,
// because it holds nothing of value and is deleted after two hours.
func (s *Service) LacksFactor(u auth.User) bool { return s.needsFactor(u) && !u.SecondFactor() }
