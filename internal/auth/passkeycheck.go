package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// PasskeyReason is the reason of all events about passkeys: added, removed, or an answer that was wrong in any way.
const PasskeyReason = "passkey"

// BeginSignIn returns what a browser needs to ask for any passkey of this portal. It names no account and stores
// nothing.
func (p *Passkeys) BeginSignIn() ([]byte, error) {
	challenge, err := newChallenge(p.service.sealer, toSignIn, "")
	if err != nil {
		return nil, err
	}
	asked, _, err := p.web.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), withTimeout)
	return options(asked, err)
}

// BeginConfirmation returns what a browser needs to ask for a passkey of the person signed in. The answer is valid in
// this session only. ErrNotFound when the account has no passkey.
func (p *Passkeys) BeginConfirmation(ctx context.Context, by audit.Actor) ([]byte, error) {
	all, err := p.service.store.Passkeys(ctx, by.UserID)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, audit.ErrNotFound
	}
	challenge, err := newChallenge(p.service.sealer, toConfirm, by.SessionID)
	if err != nil {
		return nil, err
	}
	asked, _, err := p.web.BeginLogin(owner{User{ID: by.UserID}, all}, webauthn.WithChallenge(challenge), withTimeout)
	return options(asked, err)
}

func withTimeout(o *protocol.PublicKeyCredentialRequestOptions) error {
	o.Timeout = int(ChallengeValid / time.Millisecond)
	return nil
}

// CheckSignIn checks the answer of a passkey. A LimitedError after too many, ErrBadCredentials for whatever is wrong with
// it, a disabled account and an expired demo alike; of a passkey that nobody has it is an ErrUnknownPasskey. What the proof is used for spends the challenge, so that the same
// answer is accepted only once (ASVS v5.0.0-6.5.1). No answer is wrong while stands returns an error.
func (p *Passkeys) CheckSignIn(ctx context.Context, answer []byte, c device.Client, stands Stands) (Proof, error) {
	attempt, err := p.service.guard.BeginPasskey(ctx, audit.Actor{Client: c})
	if err != nil {
		return Proof{}, err
	}
	proof, userID, err := p.check(ctx, answer, toSignIn, audit.Actor{Client: c})
	err = p.rejectAnswer(ctx, err, audit.NewEvent(audit.LoginFail, userID, "", c), stands)
	if !errors.Is(err, ErrBadCredentials) {
		attempt.Return(ctx)
	}
	return proof, err
}

// CheckConfirmation checks the answer of a passkey of the person signed in, for this session. A wrong one is
// recorded as an event of the given kind. A LimitedError after too many, ErrBadCredentials, or ErrEnded when the session
// is over. No answer is wrong while stands returns an error.
func (p *Passkeys) CheckConfirmation(ctx context.Context, by audit.Actor, answer []byte, kind audit.Kind, stands Stands) (Proof, error) {
	attempt, err := p.service.guard.BeginPasskey(ctx, by)
	if err != nil {
		return Proof{}, err
	}
	proof, err := p.confirm(ctx, by, answer, kind, stands)
	if !errors.Is(err, ErrBadCredentials) {
		attempt.Return(ctx)
	}
	return proof, err
}

func (p *Passkeys) confirm(ctx context.Context, by audit.Actor, answer []byte, kind audit.Kind, stands Stands) (Proof, error) {
	user, err := p.service.userOf(ctx, by)
	if err != nil {
		return Proof{}, err
	}
	proof, _, err := p.check(ctx, answer, toConfirm, by)
	if err != nil { // the same press on another instance may have rotated the session a moment ago
		if _, ended := p.service.userOf(ctx, by); ended != nil {
			return Proof{}, ended
		}
		return Proof{}, p.rejectAnswer(ctx, err, by.Event(kind), stands)
	}
	proof.user = user
	return proof, nil
}

// rejectAnswer turns an answerError into ErrBadCredentials and records the event. It is only logged without a known account,
// and for an answer that comes again: the same press on two instances is nobody's failure.
func (p *Passkeys) rejectAnswer(ctx context.Context, err error, e audit.Event, stands Stands) error {
	wrong, ok := errors.AsType[answerError](err)
	if !ok {
		return err
	}
	if err := stands(ctx); err != nil {
		return err
	}
	e.Reason = PasskeyReason
	if e.UserID == "" || wrong == errAnswered {
		p.service.audit.Log(ctx, e)
	} else {
		p.service.audit.Record(ctx, e)
	}
	if wrong == errNobodys {
		return ErrUnknownPasskey
	}
	return ErrBadCredentials
}

// answerError says what is wrong with an answer, for tests and debugging. People get the same text for all of them.
type answerError string

func (e answerError) Error() string { return string(e) }

// errNobodys means that no account has the passkey.
const errNobodys = answerError("nobody's passkey")

// errAnswered means that the same answer was accepted before.
const errAnswered = answerError("answered before")

// check verifies an answer. The account is read before the signature is checked, so that the proof
// carries an epoch no younger than the answer. The account's id is returned for a wrong answer too, "" if there is
// none.
func (p *Passkeys) check(ctx context.Context, answer []byte, purpose string, by audit.Actor) (Proof, string, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Proof{}, "", answerError("not the answer of a passkey")
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	spent, err := openChallenge(p.service.sealer, challenge, purpose, by.SessionID)
	if err != nil {
		return Proof{}, "", answerError(err.Error())
	}
	passkey, user, err := p.service.store.PasskeyByCredential(ctx, credentialID(parsed.RawID))
	if errors.Is(err, audit.ErrNotFound) {
		return Proof{}, "", errNobodys
	}
	if err != nil {
		return Proof{}, "", fmt.Errorf("check passkey: %w", err)
	}
	if by.UserID != "" && user.ID != by.UserID {
		return Proof{}, "", answerError("somebody else's passkey")
	}
	if !user.DisabledAt.IsZero() || user.Over(audit.Now()) {
		return Proof{}, user.ID, answerError("the account is disabled, or its demo over")
	}
	credential, err := p.verify(owner{user, []Passkey{passkey}}, purpose, challenge, parsed)
	if err != nil {
		return Proof{}, user.ID, answerError(err.Error())
	}
	// The first use of an answer moves the counter of the passkey, so whether this is the second is asked before the counter
	// is compared.
	before, err := p.service.store.Answered(ctx, spent)
	if err != nil {
		return Proof{}, user.ID, fmt.Errorf("check passkey: %w", err)
	}
	if before {
		return Proof{}, user.ID, errAnswered
	}
	return proofOfPasskey(user, passkey, spent, credential, parsed.Response.AuthenticatorData.Counter, by), user.ID, nil
}

// proofOfPasskey is the proof of a right answer. One whose counter did not grow is right too: two devices may have the same key,
// or one was set back, as a restored copy of a machine is. That is for the owner to know, who would be locked out for ever if
// it were refused; the counter goes on from there (WebAuthn Level 3, 6.1.1).
func proofOfPasskey(user User, p Passkey, spent SpentChallenge, checked *webauthn.Credential, count uint32, by audit.Actor) Proof {
	spend := Spend{UserID: user.ID, At: audit.Now(), CountBefore: p.SignCount, Challenge: spent}
	p.SignCount, p.BackupState, p.LastUsedAt = count, checked.Flags.BackupState, spend.At
	spend.Passkey = p
	cloned := checked.Authenticator.CloneWarning
	if cloned {
		spend.Events = []audit.Event{audit.NewEvent(audit.PasskeyCloned, user.ID, by.SessionID, by.Client).Because(PasskeyReason)}
	}
	return Proof{user: user, method: MethodPasskey, spend: spend, cloned: cloned}
}

// verify checks the signature, origin, host name and flags: the user must have been verified. At a sign-in nobody has
// said who they are, so there the answer must name the account of its passkey.
func (p *Passkeys) verify(o owner, purpose, challenge string, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	asked := webauthn.SessionData{Challenge: challenge, UserVerification: protocol.VerificationRequired}
	if purpose == toSignIn {
		return p.web.ValidateDiscoverableLogin(func([]byte, []byte) (webauthn.User, error) { return o, nil }, asked, parsed)
	}
	asked.UserID = o.WebAuthnID()
	return p.web.ValidateLogin(o, asked, parsed)
}
