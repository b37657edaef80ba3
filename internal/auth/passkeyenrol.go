package auth

import (
	"context"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"example.com/gatehouse/internal/audit"
)

// BeginEnrolment returns what a browser needs to make a passkey for the person signed in: one that is found without an
// address, verifies its user, and is not on an authenticator that has one already. ErrTooManyPasskeys.
func (p *Passkeys) BeginEnrolment(ctx context.Context, session Session, u User) ([]byte, error) {
	all, err := p.service.store.Passkeys(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(all) >= MaxPasskeys {
		return nil, ErrTooManyPasskeys
	}
	challenge, err := newChallenge(p.service.sealer, toEnrol, session.ID)
	if err != nil {
		return nil, err
	}
	who := owner{u, all}
	asked, _, err := p.web.BeginRegistration(who, webauthn.WithExclusions(who.descriptors()),
		webauthn.WithCredentialParameters(algorithms), func(o *protocol.PublicKeyCredentialCreationOptions) error {
			o.Challenge, o.Timeout = challenge, int(ChallengeValid/time.Millisecond)
			return nil
		})
	return options(asked, err)
}

// algorithms are those that every browser can make a passkey for.
var algorithms = webauthn.CredentialParametersRecommendedL3()

// Enrol adds the passkey that a browser made. Like every change of the factors it ends the other sessions. A NameError,
// ErrBadCredentials for an answer that is wrong, late or not for this session, ErrSpent for one that came before,
// ErrPasskeyTaken, ErrTooManyPasskeys.
func (p *Passkeys) Enrol(ctx context.Context, f FactorChange, answer []byte, name string) (FactorChanged, error) {
	name, err := CleanPasskeyName(name)
	if err != nil {
		return FactorChanged{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return FactorChanged{}, ErrBadCredentials
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	spent, err := openChallenge(p.service.sealer, challenge, toEnrol, f.Session.ID)
	if err != nil {
		return FactorChanged{}, ErrBadCredentials
	}
	credential, err := p.web.CreateCredential(owner{f.User, nil}, webauthn.SessionData{
		Challenge: challenge, UserID: []byte(f.User.ID), UserVerification: protocol.VerificationRequired, CredParams: algorithms,
	}, parsed)
	if err != nil || !anonymous(credential) {
		return FactorChanged{}, ErrBadCredentials
	}
	all, err := p.service.store.Passkeys(ctx, f.User.ID)
	if err != nil {
		return FactorChanged{}, err
	}
	if len(all) >= MaxPasskeys { // one more at this moment raises the epoch, which f carries
		return FactorChanged{}, ErrTooManyPasskeys
	}
	passkey := Passkey{
		ID: audit.NewID(), UserID: f.User.ID, CredentialID: credentialID(credential.ID), PublicKey: credential.PublicKey,
		Transports: transportsText(credential.Transport), SignCount: credential.Authenticator.SignCount,
		BackupEligible: credential.Flags.BackupEligible, BackupState: credential.Flags.BackupState, Name: name, CreatedAt: audit.Now(),
	}
	return p.service.changeFactors(ctx, f, audit.MFAEnrolled, PasskeyReason, firstCodes(f.User), func(c CredentialsChange) ([]Session, error) {
		return p.service.store.AddPasskey(ctx, c, passkey, spent)
	})
}

// anonymous reports whether the answer says nothing of the make of its authenticator, which was not asked: it is signed
// by the passkey itself at most.
func anonymous(c *webauthn.Credential) bool {
	return c.AttestationFormat == "none" || c.AttestationType == string(metadata.BasicSurrogate)
}

// RemovePasskey forgets a passkey, and with the last factor the recovery codes. ErrNotFound for foreign and unknown ids
// alike, ErrLastFactor where the account must keep one.
func (s *Service) RemovePasskey(ctx context.Context, f FactorChange, id string) (FactorChanged, error) {
	all, err := s.store.Passkeys(ctx, f.User.ID)
	if err != nil {
		return FactorChanged{}, err
	}
	if !slices.ContainsFunc(all, func(p Passkey) bool { return p.ID == id }) {
		return FactorChanged{}, audit.ErrNotFound
	}
	codes, err := s.codesWithout(f.User, f.User.TOTP || len(all) > 1)
	if err != nil {
		return FactorChanged{}, err
	}
	return s.changeFactors(ctx, f, audit.MFARemoved, PasskeyReason, codes, func(c CredentialsChange) ([]Session, error) {
		return s.store.RemovePasskey(ctx, c, id)
	})
}
