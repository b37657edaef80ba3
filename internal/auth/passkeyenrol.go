package auth

import (
	"context"
	"time"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"example.com/gatehouse/internal/audit"
)

// BeginEnrolment returns what a browser needs to make a passkey for the person signed in: one that needs no email
// address to sign in, verifies its user, and is not on an authenticator that has one already. ErrTooManyPasskeys.
func (p *Passkeys) BeginEnrolment(ctx context.Context, by audit.Actor, u User) ([]byte, error) {
	all, err := p.service.store.Passkeys(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(all) >= MaxPasskeys {
		return nil, ErrTooManyPasskeys
	}
	challenge, err := newChallenge(p.service.sealer, toEnrol, by.SessionID)
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

// A MadePasskey is a passkey that a browser made, and the challenge that it uses up when it is added to the account.
type MadePasskey struct {
	Passkey   Passkey
	Challenge SpentChallenge
	Provider  string // the password manager that made it, "" for one that is not known
}

// CheckEnrolment checks the answer of a browser that made a passkey, and returns it. ErrBadCredentials for an answer
// that is wrong, late or not for this session. It stores nothing.
func (p *Passkeys) CheckEnrolment(by audit.Actor, u User, answer []byte) (MadePasskey, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return MadePasskey{}, ErrBadCredentials
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	spent, err := openChallenge(p.service.sealer, challenge, toEnrol, by.SessionID)
	if err != nil {
		return MadePasskey{}, ErrBadCredentials
	}
	credential, err := p.web.CreateCredential(owner{u, nil}, webauthn.SessionData{
		Challenge: challenge, UserID: []byte(u.ID), UserVerification: protocol.VerificationRequired, CredParams: algorithms,
	}, parsed)
	if err != nil || !anonymous(credential) {
		return MadePasskey{}, ErrBadCredentials
	}
	return MadePasskey{Passkey{
		ID: audit.NewID(), UserID: u.ID, CredentialID: credentialID(credential.ID), PublicKey: credential.PublicKey,
		Transports: transportsText(credential.Transport), SignCount: credential.Authenticator.SignCount,
		BackupEligible: credential.Flags.BackupEligible, BackupState: credential.Flags.BackupState, CreatedAt: audit.Now(),
	}, spent, providerOf(credential.Authenticator.AAGUID)}, nil
}

// anonymous reports whether the answer does not reveal the model of its authenticator: it has no attestation, or only a
// signature of the passkey itself.
func anonymous(c *webauthn.Credential) bool {
	return c.AttestationFormat == "none" || c.AttestationType == string(metadata.BasicSurrogate)
}
