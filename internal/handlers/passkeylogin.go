package handlers

import (
	"encoding/json"
	"errors"
	"net/http"

	"example.com/gatehouse/internal/auth"
)

// beginPasskeySignIn hands out a challenge. It asks for no address and names no account, so it tells nobody who has one,
// and it keeps nothing (ASVS v5.0.0-6.3.8).
func (a *app) beginPasskeySignIn(w http.ResponseWriter, r *http.Request) error {
	asked := attempt{limiter: a.Attempts}
	if wait := asked.takeFrom(r, "passkey begin", perPasskeyBegin); wait > 0 {
		return a.tooManyPasskeys(w, r, wait)
	}
	options, err := a.Passkeys.BeginSignIn()
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, json.RawMessage(options))
}

const passkeyRefused = "We could not sign you in with that passkey. Try another one, or your password."

// finishPasskeySignIn opens a session for whoever holds the passkey (ASVS v5.0.0-6.3.3). Guesses at passwords, however
// many, do not stand in its way: nobody guesses a passkey, so only the network is limited.
func (a *app) finishPasskeySignIn(w http.ResponseWriter, r *http.Request) error {
	var sent struct {
		Assertion json.RawMessage `json:"assertion"`
		Remember  bool            `json:"remember"`
		Next      string          `json:"next"`
	}
	if err := readJSON(r, &sent); err != nil {
		return err
	}
	tried := &attempt{limiter: a.Attempts}
	if wait := tried.takeFrom(r, "passkey", perPasskey); wait > 0 {
		return a.tooManyPasskeys(w, r, wait)
	}
	proof, err := a.Passkeys.CheckSignIn(r.Context(), sent.Assertion, clientOf(r))
	if err == nil {
		tried.giveBack(r.Context())
		err = a.openSession(r, proof, sent.Remember)
	}
	if errors.Is(err, auth.ErrBadCredentials) || errors.Is(err, auth.ErrConflict) {
		return writeJSON(w, http.StatusUnprocessableEntity, problemJSON{Error: errorRefused, Text: passkeyRefused})
	}
	if err != nil {
		return err
	}
	if err := a.leavePending(w, r, proof.User()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		Where string `json:"where"`
	}{a.destination(sent.Next)})
}

// leavePending forgets the sign-in that waits for its second step in this browser, which has taken another way, and with it
// the failures of its owner.
func (a *app) leavePending(w http.ResponseWriter, r *http.Request, in auth.User) error {
	token := a.Bag.Pending(r)
	if token == "" {
		return nil
	}
	if _, u, err := a.Auth.PendingSignIn(r.Context(), token); err == nil && u.ID == in.ID {
		a.gotIn(r, u.Email)
	}
	a.Bag.DropPending(w)
	return a.Auth.DeletePendingSignIn(r.Context(), token)
}
