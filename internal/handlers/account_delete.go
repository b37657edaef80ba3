package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/billing"
)

type deleteView struct {
	Layout
	At        time.Time // when the account is deleted, zero unless that is asked for
	GraceText string    // "14 days"
	Plan      string    // that was paid for, "" for none
	Sessions  int
	Demo      bool
	Sure      bool // the box was ticked
	Problems  problems
	Identity  identityView
}

func (*deleteView) page() string { return "delete.html" }

func (a *app) showDelete(w http.ResponseWriter, r *http.Request) error {
	return a.deleteForm(w, r, http.StatusOK, false, nil)
}

func (a *app) deleteForm(w http.ResponseWriter, r *http.Request, status int, sure bool, wrong problems) error {
	u := currentOf(r).User
	v := &deleteView{
		At: u.DeleteAfter, GraceText: words(account.DeletionGrace), Demo: u.IsDemo(), Sure: sure,
		Problems: wrong, Identity: identityForm(r, "For this, and for nothing else.", wrong),
	}
	paid, err := a.Billing.Payments(r.Context(), u.ID, billing.Paid, 1)
	if err != nil {
		return err
	}
	for _, p := range paid {
		v.Plan = billViewOf(p.Bill).Plan
	}
	live, err := a.Sessions.Sessions(r.Context(), u.ID)
	if err != nil {
		return err
	}
	v.Sessions = len(live)
	return a.render(w, r, status, v)
}

// requestDeletion marks the account for deletion and signs it out everywhere. It is confirmed for itself, also right after a
// re-authentication (ASVS v5.0.0-7.4.2, 7.5.3).
func (a *app) requestDeletion(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, append([]string{"sure"}, identityFields...)...)
	if err != nil {
		return err
	}
	v := currentOf(r)
	if v.User.DeletionPending() {
		seeOther(w, r, deletePage)
		return nil
	}
	if f["sure"] == "" {
		return a.deleteForm(w, r, http.StatusUnprocessableEntity, false, problems{{"sure", "Tick the box if this is what you want."}})
	}
	proof, wrong, status, err := a.identify(w, r, f, audit.ReauthFail)
	if err != nil {
		return err
	}
	if wrong != nil {
		return a.deleteForm(w, r, status, true, wrong)
	}
	at := audit.Now()
	a.notify(r, v.User, a.emails.DeletionRequested(v.User.Email, v.User.Name, at, a.senderOf(r), at.Add(account.DeletionGrace)))
	press, err := a.endsAt(r, signedOutPage)
	if err != nil {
		return err
	}
	err = a.Accounts.RequestDeletion(r.Context(), actor(r), proof, at, press)
	if errors.Is(err, account.ErrLastAdministrator) {
		return a.deleteForm(w, r, http.StatusUnprocessableEntity, true, problems{{"", lastAdministrator}})
	}
	if err != nil {
		return err
	}
	a.answered(r)
	a.reportRecoveryCode(r, proof)
	a.finishLogout(w, r)
	return nil
}

func (a *app) keepAccount(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	if !v.User.DeletionPending() {
		seeOther(w, r, home)
		return nil
	}
	a.notify(r, v.User, a.emails.DeletionStopped(v.User.Email, v.User.Name, time.Now(), a.senderOf(r)))
	press, err := a.leadsTo(r, home)
	if err != nil {
		return err
	}
	if err := a.Accounts.KeepAccount(r.Context(), actor(r), press); err != nil {
		return err
	}
	a.answered(r)
	a.flash(r, "Your account stays, with everything in it.")
	seeOther(w, r, home)
	return nil
}

const deletePage = "/account/delete"
