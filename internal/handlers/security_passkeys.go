package handlers

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
)

const passkeysPage = "/account/security/passkeys"

type passkeysView struct {
	Layout
	Passkeys []passkeyView
	Full     bool // there can be no more
	Stale    bool // the person has to confirm who they are first
	Others   int  // sessions that adding one ends
	Name     string
	MaxName  int
	Signals  auth.PasskeySignals
	Problems problems
}

// passkeyView is one passkey.
type passkeyView struct {
	ID, Name            string
	CreatedAt, LastUsed time.Time
	Synced              bool // it is on several devices
}

// onePasskeyView is a passkey, to be renamed or removed.
type onePasskeyView struct {
	Layout
	Passkey  passkeyView
	Name     string // as typed, or as it is
	Last     bool   // the account has no other second factor
	Keep     bool   // it cannot be removed, because it is the last and one is needed
	Others   int    // sessions that removing it ends
	Problems problems
}

func (*passkeysView) page() string   { return "passkeys.html" }
func (*onePasskeyView) page() string { return "passkey.html" }

func passkeyViewOf(p auth.Passkey) passkeyView {
	return passkeyView{ID: p.ID, Name: p.Name, CreatedAt: p.CreatedAt, LastUsed: p.LastUsedAt, Synced: p.BackupState}
}

func (a *app) showPasskeys(w http.ResponseWriter, r *http.Request) error {
	return a.passkeysForm(w, r, http.StatusOK, clientOf(r).Name(), nil)
}

func (a *app) passkeysForm(w http.ResponseWriter, r *http.Request, status int, name string, wrong problems) error {
	v := currentOf(r)
	all, err := a.Accounts.Passkeys(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	view := &passkeysView{
		Full: len(all) >= auth.MaxPasskeys, Stale: !v.Elevated(time.Now()),
		Others: len(others), Name: name, MaxName: auth.MaxPasskeyName, Problems: wrong,
		Signals: a.Passkeys.Signals(v.User).Accepting(all),
	}
	for i := range wrong { // without a form there is no field to point at
		if view.Full || view.Stale {
			wrong[i].Field = ""
		}
	}
	for _, p := range all {
		view.Passkeys = append(view.Passkeys, passkeyViewOf(p))
	}
	return a.render(w, r, status, view)
}

func (a *app) showPasskey(w http.ResponseWriter, r *http.Request) error {
	return a.passkeyForm(w, r, http.StatusOK, "", nil)
}

// passkeyForm shows one passkey. Without a name the field shows its own.
func (a *app) passkeyForm(w http.ResponseWriter, r *http.Request, status int, name string, wrong problems) error {
	v := currentOf(r)
	p, err := a.Accounts.Passkey(r.Context(), v.UserID, chi.URLParam(r, "id"))
	if err != nil {
		return a.notOwned(r, err)
	}
	all, err := a.Accounts.Passkeys(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	if name == "" && wrong.On("name") == "" {
		name = p.Name
	}
	without := v.User
	without.Passkeys = len(all) > 1
	return a.render(w, r, status, &onePasskeyView{
		Passkey: passkeyViewOf(p), Name: name, Last: len(all) == 1 && !v.User.TOTP, Keep: a.Accounts.LacksFactor(without),
		Others: len(others), Problems: wrong,
	})
}

// beginEnrolment hands out what a browser needs to make a passkey for this account.
func (a *app) beginEnrolment(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	options, err := a.Passkeys.BeginEnrolment(r.Context(), actor(r), v.User)
	if errors.Is(err, auth.ErrTooManyPasskeys) {
		return writeJSON(w, http.StatusUnprocessableEntity, problemJSON{Error: errorRefused, Text: passkeyProblem(err)[0].Text})
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, json.RawMessage(options))
}

// leftover is said of a passkey that was made and not added: not every password manager understands that it is to forget it.
const leftover = "What your device keeps of that passkey opens nothing, and can be deleted there."

// passkeyProblem is what the person is told of a passkey that could not be added; nil for a fault of ours.
func passkeyProblem(err error) problems {
	wrong, named := errors.AsType[auth.NameError](err)
	switch {
	case named:
		return problems{{"name", wrong.Error()}, {"", leftover}}
	case errors.Is(err, auth.ErrBadCredentials), errors.Is(err, auth.ErrSpent):
		return problems{{"", "We could not add that passkey. It came too late, or not from this page. Please try again. " + leftover}}
	case errors.Is(err, auth.ErrPasskeyTaken):
		return problems{{"", "That passkey is in use already. Make another one."}}
	case errors.Is(err, auth.ErrTooManyPasskeys):
		return problems{{"", "You have as many passkeys as an account can have. Remove one that you no longer use."}}
	}
	return nil
}

// finishEnrolment adds the passkey, ends every other session and rotates this one (ASVS v5.0.0-7.4.3). It is a form like
// any other, so what comes of it is a page: recovery codes are shown there and pass through no script.
func (a *app) finishEnrolment(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "credential", "name")
	if err != nil {
		return err
	}
	done, err := a.changeFactors(r, afterEnrolment(currentOf(r).User), a.emails.PasskeyAdded, func(change account.FactorChange) (account.FactorChanged, error) {
		made, err := a.Passkeys.CheckEnrolment(actor(r), change.User, []byte(f["credential"]))
		if err != nil {
			return account.FactorChanged{}, err
		}
		if name := clientOf(r).Name(); f["name"] == name { // as the page suggested, which did not know better
			f["name"] = cmp.Or(made.Provider, name)
		}
		return a.Accounts.EnrolPasskey(r.Context(), change, made, f["name"])
	})
	if wrong := passkeyProblem(err); wrong != nil {
		return a.passkeysForm(w, r, http.StatusUnprocessableEntity, f["name"], wrong)
	}
	if err != nil {
		return err
	}
	a.factorsChanged(w, r, done, "Your passkey was added.")
	return nil
}

func (a *app) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "name")
	if err != nil {
		return err
	}
	try, wait := a.Guard.FromAccount(r.Context(), guard.PasskeyNames, actor(r))
	if wait > 0 {
		tooMany(w, wait)
		return a.passkeyForm(w, r, http.StatusTooManyRequests, f["name"],
			problems{{"name", "Names were changed many times. Please try again in " + wordsOfWait(wait) + "."}})
	}
	press, err := a.leadsTo(r, passkeysPage)
	if err != nil {
		return err
	}
	name, changed, err := a.Accounts.RenamePasskey(r.Context(), actor(r), chi.URLParam(r, "id"), f["name"], press)
	if !changed {
		try.Return(r.Context())
	}
	if wrong, ok := errors.AsType[auth.NameError](err); ok {
		return a.passkeyForm(w, r, http.StatusUnprocessableEntity, f["name"], problems{{"name", wrong.Error()}})
	}
	if err != nil {
		return a.notOwned(r, err)
	}
	a.answered(r)
	a.flash(r, "The passkey is called %s now.", name)
	seeOther(w, r, passkeysPage)
	return nil
}

// removePasskey forgets a passkey, ends every other session and rotates this one (ASVS v5.0.0-6.5.6, 7.4.3).
func (a *app) removePasskey(w http.ResponseWriter, r *http.Request) error {
	id := chi.URLParam(r, "id")
	done, err := a.changeFactors(r, securityPage, a.emails.PasskeyRemoved, func(change account.FactorChange) (account.FactorChanged, error) {
		return a.Accounts.RemovePasskey(r.Context(), change, id)
	})
	if errors.Is(err, auth.ErrLastFactor) {
		return a.passkeyForm(w, r, http.StatusUnprocessableEntity, "",
			problems{{"", lastFactor}})
	}
	if err != nil {
		return a.notOwned(r, err)
	}
	a.factorsChanged(w, r, done, "Your passkey was removed.")
	return nil
}
