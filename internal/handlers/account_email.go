package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/mail"
)

type emailView struct {
	Layout
	Email        string    // as typed
	DraftID      string    // id of the draft that this form was filled in from
	Demo         bool      // no email would arrive
	Pending      string    // address that waits to be confirmed, "" for none
	PendingUntil time.Time // how long it can be
	ValidText    string    // "24 hours"
	UndoText     string    // "7 days"
	Restored     *restoredView
	Problems     problems
}

func (*emailView) page() string { return "email.html" }

func (a *app) showEmail(w http.ResponseWriter, r *http.Request) error {
	before, err := a.restore(r)
	if err != nil {
		return err
	}
	v := &emailView{DraftID: before.id}
	if before.view != nil {
		v.Email, v.Restored = before.fields["email"], before.view
	}
	return a.emailForm(w, r, http.StatusOK, v)
}

func (a *app) emailForm(w http.ResponseWriter, r *http.Request, status int, v *emailView) error {
	u := currentOf(r).User
	v.Demo = u.IsDemo()
	v.ValidText, v.UndoText = words(account.EmailChangeValid), words(account.EmailUndoValid)
	waiting, err := a.Accounts.PendingEmailChange(r.Context(), u.ID)
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	v.Pending, v.PendingUntil = waiting.Email, waiting.ConfirmUntil
	return a.render(w, r, status, v)
}

// requestEmailChange begins a change of address. Whether the new one has an account shows in its email alone, and to write either
// is the same work (ASVS v5.0.0-6.3.8).
func (a *app) requestEmailChange(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "email", "held")
	if err != nil {
		return err
	}
	v := currentOf(r)
	refuse := func(status int, text string) error {
		return a.emailForm(w, r, status, &emailView{Email: f["email"], DraftID: f["held"], Problems: problems{{"email", text}}})
	}
	email, normalized, err := auth.NewEmail(f["email"])
	own, _ := auth.NormalizeEmail(v.User.Email) // which its key from before may not be
	switch {
	case err != nil:
		return refuse(http.StatusUnprocessableEntity, err.Error())
	case v.User.IsDemo() && !auth.IsDemoAddress(normalized):
		return refuse(http.StatusUnprocessableEntity, "Nothing leaves a demo, so its new address has to end in "+auth.DemoDomain+". Nothing was changed.")
	case normalized == own:
		return refuse(http.StatusUnprocessableEntity, "That is your address already. Nothing was changed.")
	}
	try, wait := a.Guard.FromAccount(r.Context(), guard.EmailChanges, actor(r))
	if wait > 0 {
		tooMany(w, wait)
		return refuse(http.StatusTooManyRequests, "The address was changed many times. Please try again in "+wordsOfWait(wait)+".")
	}
	const place = "/account/email"
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	toNew, wait := a.Guard.MayWriteTo(r.Context(), guard.ChangeEmails, normalized, clientOf(r))
	if wait > 0 {
		try.Return(r.Context())
		tooMany(w, wait)
		return refuse(http.StatusTooManyRequests, manyEmails(wait))
	}
	err = a.Accounts.RequestEmailChange(r.Context(), actor(r), v.User, email, press, func(confirm, stop string) ([]mail.Row, error) {
		return a.emailsToBoth(r, email, confirm, stop)
	})
	if err != nil {
		try.Return(r.Context())
		toNew.Return(r.Context())
	}
	if errors.Is(err, auth.ErrEmail) {
		return refuse(http.StatusUnprocessableEntity, "No email arrives at that address. Choose another.")
	}
	if err != nil {
		return err
	}
	a.Outbox.Wake()
	a.answered(r)
	a.deleteDraft(r, v.UserID, f["held"])
	a.flash(r, "An email is on its way to the new address. Until you answer it, nothing changes.")
	seeOther(w, r, place)
	return nil
}

// manyEmails is said of any address, whether or not it has an account.
func manyEmails(wait time.Duration) string {
	return "Many emails to that address were asked for, so we sent none this time. Please try again in " + wordsOfWait(wait) + "."
}

// emailsToBoth tell the old address how to stop the change, and the new one how to confirm it.
func (a *app) emailsToBoth(r *http.Request, email, confirm, stop string) ([]mail.Row, error) {
	u := currentOf(r).User
	sender := accountSender(u.ID)
	old, err := a.Outbox.Row(addressed(u, a.emails.EmailChangeRequested(u.Email, u.Name, time.Now(), a.senderOf(r), stop, account.EmailUndoValid).By(sender)))
	if err != nil {
		return nil, err
	}
	taken, err := a.Accounts.HasUser(r.Context(), email)
	if err != nil {
		return nil, err
	}
	toNew := a.emails.ConfirmEmailChange(email, confirm, account.EmailChangeValid)
	if taken && !u.IsDemo() { // who reads both mailboxes is not told of another's address
		toNew = a.emails.EmailInUse(email)
	}
	row, err := a.Outbox.Row(addressed(u, toNew.By(sender)))
	return []mail.Row{old, row}, err
}
