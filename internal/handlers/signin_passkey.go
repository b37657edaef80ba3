package handlers

import (
	"encoding/json"
	"errors"
	"net/http"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/session"
)

// passkeySignInView is the button that signs in by a passkey.
type passkeySignInView struct {
	Next     string
	Offer    bool // passkeys are also offered where the address is typed
	Remember bool // "keep me signed in" was chosen on the page before
}

// beginPasskeySignIn hands out a challenge. It asks for no address and names no account, so it tells nobody who has one,
// and it keeps nothing (ASVS v5.0.0-6.3.8).
func (a *app) beginPasskeySignIn(w http.ResponseWriter, r *http.Request) error {
	if _, wait := a.Guard.FromNetwork(r.Context(), guard.PasskeyChallenges, clientOf(r)); wait > 0 {
		return tooManyPasskeys(w, wait)
	}
	options, err := a.Passkeys.BeginSignIn()
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, json.RawMessage(options))
}

const passkeyRefused = "We could not sign you in with that passkey. Try another one, or your password."

// finishPasskeySignIn opens a session for whoever holds the passkey (ASVS v5.0.0-6.3.3). Only the
// network is limited: a passkey cannot be guessed, so wrong passwords must not keep its owner out.
func (a *app) finishPasskeySignIn(w http.ResponseWriter, r *http.Request) error {
	var sent struct {
		Assertion json.RawMessage `json:"assertion"`
		Remember  bool            `json:"remember"`
		Next      string          `json:"next"`
	}
	if err := readJSON(r, &sent); err != nil {
		return err
	}
	proof, err := a.Passkeys.CheckSignIn(r.Context(), sent.Assertion, clientOf(r), a.unanswered(r))
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		return tooManyPasskeys(w, limited.Wait)
	}
	if err == nil {
		try, wait := a.Guard.SignsIn(r.Context(), proof, clientOf(r))
		if wait > 0 {
			return tooManyPasskeys(w, wait)
		}
		a.notifyOfCopy(r, proof)
		err = a.openSession(r, proof, session.SignInRequest{Remember: sent.Remember}, a.destination(sent.Next))
		if err != nil {
			try.Return(r.Context())
		}
	}
	if errors.Is(err, auth.ErrUnknownPasskey) { // its password manager is told
		return writeJSON(w, http.StatusUnprocessableEntity, problemJSON{Error: errorUnknown, Text: passkeyRefused})
	}
	if errors.Is(err, auth.ErrBadCredentials) || errors.Is(err, auth.ErrConflict) {
		return writeJSON(w, http.StatusUnprocessableEntity, problemJSON{Error: errorRefused, Text: passkeyRefused})
	}
	if err != nil {
		return err
	}
	a.dropPending(w, r, proof.User())
	return writeJSON(w, http.StatusOK, whereJSON{a.destination(sent.Next)})
}

// dropPending deletes the pending sign-in of this browser, because a passkey has finished it. If it cannot, the sign-in has
// succeeded all the same, and what was pending ends by itself.
func (a *app) dropPending(w http.ResponseWriter, r *http.Request, in auth.User) {
	token := a.Bag.Pending(r)
	if token == "" {
		return
	}
	a.Bag.DropPending(w)
	if err := a.Auth.FinishElsewhere(r.Context(), token, in, clientOf(r)); err != nil {
		a.Log.WarnContext(r.Context(), "pending sign-in not deleted", "err", err)
	}
}
