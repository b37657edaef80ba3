package handlers

import (
	"net/http"
	"strings"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
)

// bagRecoveryCodes holds fresh recovery codes, after the moment when they were made, for the page that shows them until
// their owner has kept them: an answer that was lost must not take them along.
const (
	bagRecoveryCodes  = "recovery.fresh"
	recoveryCodesLife = 10 * time.Minute
)

const recoveryCodesPage = "/account/security/recovery-codes"

// recoveryCodesView shows fresh codes, and afterwards how many are left.
type recoveryCodesView struct {
	Layout
	Codes        []string  // nil once they are kept
	Until        time.Time // they are shown
	Made         time.Time
	Site         string // where they work, for the paper that they are printed on
	Text         string // the same, for the form that downloads them
	Left, Of     int
	SecondFactor bool
	Others       int // sessions that making others ends
}

func (*recoveryCodesView) page() string { return "recovery-codes.html" }

func (a *app) showRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	factors, err := a.Accounts.Factors(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	view := &recoveryCodesView{
		Left: factors.CodesLeft, Of: auth.RecoveryCodeCount,
		SecondFactor: v.User.SecondFactor(), Others: len(others),
	}
	if view.Text, view.Until = a.freshCodes(r); view.Text != "" {
		view.Codes, view.Made, view.Site = strings.Split(view.Text, "\n"), view.Until.Add(-recoveryCodesLife), a.BaseURL.Host
	}
	return a.render(w, r, http.StatusOK, view)
}

// freshCodes returns the recovery codes that wait to be kept, one in each line, and until when; "" for none. Those whose time
// is up it forgets, whichever page is asked for.
func (a *app) freshCodes(r *http.Request) (codes string, until time.Time) {
	kept := a.Bag.Get(r.Context(), bagRecoveryCodes)
	if kept == "" {
		return "", until
	}
	made, codes, _ := strings.Cut(kept, "\n")
	at, err := time.Parse(time.RFC3339, made)
	if until = at.Add(recoveryCodesLife); err != nil || !time.Now().Before(until) {
		a.Bag.Pop(r.Context(), bagRecoveryCodes)
		return "", until
	}
	return codes, until
}

// keepRecoveryCodes forgets the codes that their owner has kept.
func (a *app) keepRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	a.Bag.Pop(r.Context(), bagRecoveryCodes)
	a.flash(r, "Your recovery codes are kept by you alone now.")
	seeOther(w, r, securityPage)
	return nil
}

// waitToBeKept puts fresh codes into the bag.
func (a *app) waitToBeKept(r *http.Request, codes auth.RecoveryCodes) error {
	return a.Bag.Save(r.Context(), bagRecoveryCodes, time.Now().UTC().Format(time.RFC3339)+"\n"+strings.Join(codes, "\n"))
}

// makeRecoveryCodes makes ten that take the place of all before.
func (a *app) makeRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	if !currentOf(r).User.SecondFactor() {
		a.flash(r, "Recovery codes come with a second step. Set one up first.")
		seeOther(w, r, securityPage)
		return nil
	}
	done, err := a.changeFactors(r, recoveryCodesPage, a.emails.RecoveryCodesMade, func(c account.FactorChange) (account.FactorChanged, error) {
		return a.Accounts.MakeRecoveryCodes(r.Context(), c)
	})
	if err != nil {
		return err
	}
	a.factorsChanged(w, r, done, "You have new recovery codes. The ones before no longer work.")
	return nil
}

// downloadRecoveryCodes sends back, as a file, the codes of the page that was shown: the form brings them, so the server
// need not keep them for a second reading, and no URL holds them. What is not a code of this person is not sent back.
func (a *app) downloadRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "codes")
	if err != nil {
		return err
	}
	codes := strings.Fields(f["codes"])
	good, err := a.Accounts.HasRecoveryCodes(r.Context(), currentOf(r).UserID, codes)
	if err != nil {
		return err
	}
	if !good {
		a.flash(r, "Those codes no longer work. You can make new ones.")
		seeOther(w, r, recoveryCodesPage)
		return nil
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+brand.Download("recovery-codes.txt")+`"`)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	text := "Recovery codes for " + currentOf(r).User.Email + " at " + a.BaseURL.String() + "\r\n" +
		"Each works once, together with the password.\r\n\r\n" + strings.Join(codes, "\r\n") + "\r\n"
	_, _ = w.Write([]byte(text)) // a client that went away is nobody's error
	return nil
}
