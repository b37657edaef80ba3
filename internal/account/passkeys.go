package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// Passkeys returns those of a person, oldest first.
func (s *Service) Passkeys(ctx context.Context, userID string) ([]auth.Passkey, error) {
	return s.store.Passkeys(ctx, userID)
}

// Passkey returns one of the same person. ErrNotFound for unknown ids and those of other accounts alike (ASVS
// v5.0.0-8.2.2).
func (s *Service) Passkey(ctx context.Context, userID, id string) (auth.Passkey, error) {
	if !audit.IsID(id) {
		return auth.Passkey{}, audit.ErrNotFound
	}
	all, err := s.store.Passkeys(ctx, userID)
	if err != nil {
		return auth.Passkey{}, err
	}
	for _, one := range all {
		if one.ID == id {
			return one, nil
		}
	}
	return auth.Passkey{}, audit.ErrNotFound
}

// RenamePasskeyParams are the change of a passkey's name, from one session.
type RenamePasskeyParams struct {
	By       audit.Actor
	ID, Name string
	At       time.Time
	Act      *act.Record
	Event    audit.Event
}

// RenamePasskey returns the name as it is stored, and whether it was another before. A NameError, ErrNotFound, or ErrConflict
// when the session is over or the press was answered before.
func (s *Service) RenamePasskey(ctx context.Context, by audit.Actor, id, name string, press *act.Record) (cleaned string, changed bool, err error) {
	name, err = auth.CleanPasskeyName(name)
	if err != nil {
		return "", false, err
	}
	before, err := s.Passkey(ctx, by.UserID, id)
	if err != nil || before.Name == name {
		return name, false, err
	}
	r := RenamePasskeyParams{By: by, ID: id, Name: name, At: audit.Now(), Act: press, Event: by.Event(audit.PasskeyRenamed)}
	if err := s.store.RenamePasskey(ctx, r); err != nil {
		return "", false, fmt.Errorf("rename passkey: %w", err)
	}
	s.audit.Log(ctx, r.Event)
	return name, true, nil
}

// EnrolPasskey adds a passkey that a browser made. Like every change of the factors it ends the other sessions. A
// NameError, ErrSpent for an answer that came before, ErrPasskeyTaken, ErrTooManyPasskeys.
func (s *Service) EnrolPasskey(ctx context.Context, f FactorChange, made auth.MadePasskey, name string) (FactorChanged, error) {
	name, err := auth.CleanPasskeyName(name)
	if err != nil {
		return FactorChanged{}, err
	}
	all, err := s.store.Passkeys(ctx, f.User.ID)
	if err != nil {
		return FactorChanged{}, err
	}
	if len(all) >= auth.MaxPasskeys { // no race: a passkey added at the same time raises the epoch, which f carries
		return FactorChanged{}, auth.ErrTooManyPasskeys
	}
	made.Passkey.Name = name
	return s.changeFactors(ctx, f, audit.MFAEnrolled, auth.PasskeyReason, firstCodes(f.User), func(c CredentialsChange) ([]session.Session, error) {
		return s.store.AddPasskey(ctx, c, made.Passkey, made.Challenge)
	})
}

// RemovePasskey deletes a passkey, and with the last factor the recovery codes. ErrNotFound for unknown ids and those
// of other accounts alike, ErrLastFactor where the account must keep one.
func (s *Service) RemovePasskey(ctx context.Context, f FactorChange, id string) (FactorChanged, error) {
	all, err := s.store.Passkeys(ctx, f.User.ID)
	if err != nil {
		return FactorChanged{}, err
	}
	if !slices.ContainsFunc(all, func(p auth.Passkey) bool { return p.ID == id }) {
		return FactorChanged{}, audit.ErrNotFound
	}
	codes, err := s.codesWithout(f.User, f.User.TOTP || len(all) > 1)
	if err != nil {
		return FactorChanged{}, err
	}
	return s.changeFactors(ctx, f, audit.MFARemoved, auth.PasskeyReason, codes, func(c CredentialsChange) ([]session.Session, error) {
		return s.store.RemovePasskey(ctx, c, id)
	})
}
