package account

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// A CredentialsChange is what all changes of credentials have in common: one session requests the change and is
// rotated, and all others end.
type CredentialsChange struct {
	session.Rotation
	Epoch  int64          // of the account, as read before its owner proved who they are
	Codes  []string       // hashes of the recovery codes from now on: nil leaves them as they are, none deletes them
	Reason session.Reason // why the others end
	Client device.Client
	Events []audit.Event
}

// A FactorChange asks for a change of the second factors of an account. It carries no proof, so the session has to be elevated
// (ASVS v5.0.0-7.5.1).
type FactorChange struct {
	Session session.Session
	Client  device.Client
	User    auth.User // as read with the session
	session.NewToken
}

// A FactorChanged is the result of a FactorChange.
type FactorChanged struct {
	Ended int                // other sessions
	Codes auth.RecoveryCodes // the recovery codes from now on, to be shown this once; nil when they stay as they are
}

// firstCodes are recovery codes for an account that gets its first second factor, and nil for every other.
func firstCodes(u auth.User) auth.RecoveryCodes {
	if u.SecondFactor() {
		return nil
	}
	return auth.NewRecoveryCodes()
}

// changeFactors makes one change of the second factors: write stores it together with all that follows from it. codes
// take the place of the recovery codes, nil leaves them; the reason of the event says which factor it is about.
func (s *Service) changeFactors(
	ctx context.Context, f FactorChange, kind audit.Kind, reason string, codes auth.RecoveryCodes, write func(CredentialsChange) ([]session.Session, error),
) (FactorChanged, error) {
	change := CredentialsChange{
		Rotation: session.Rotation{Session: f.Session, NewToken: f.NewToken, At: audit.Now(), InWindow: true},
		Epoch:    f.User.Epoch, Codes: codes.Hashes(),
		Reason: session.ReasonRevoked, Client: f.Client,
		Events: []audit.Event{
			audit.NewEvent(kind, f.Session.UserID, f.Session.ID, f.Client),
			audit.NewEvent(audit.SessionRenewed, f.Session.UserID, f.Session.ID, f.Client),
		},
	}
	change.Events[0].Reason, change.Events[1].Reason = reason, "factors_changed"
	if len(codes) > 0 && kind != audit.RecoveryCodesMade {
		change.Events = append(change.Events, audit.NewEvent(audit.RecoveryCodesMade, f.Session.UserID, f.Session.ID, f.Client))
	}
	ended, err := write(change)
	if err != nil {
		return FactorChanged{}, fmt.Errorf("change factors: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, f.Client), change.Events...)...)
	return FactorChanged{Ended: session.EndedNow(ended, change.At), Codes: codes}, nil
}
