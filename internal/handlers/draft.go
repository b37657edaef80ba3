package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/session"
)

// A lateForm says what is saved of a form that comes too late. See drafts.
type lateForm struct {
	name    string   // in the database, where a URL would be one that somebody could choose
	purpose string   // what the person was about to do
	cancel  string   // the page before it, which asks for nothing
	fields  []string // may be shown again
}

// lateFormAt returns the form on the page at that address, or nil when nothing of it is saved. The parameters of the address
// are part of the form's name, so that a draft of one thing is never shown in the form of another.
func (a *app) lateFormAt(address string) *lateForm {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	context := chi.NewRouteContext()
	pattern := a.routes.Find(context, http.MethodGet, u.Path)
	form := a.lateForms[pattern]
	if form == nil || len(context.URLParams.Values) == 0 {
		return form
	}
	named := sha256.Sum256([]byte(strings.Join(context.URLParams.Values, "/")))
	return &lateForm{form.name + " " + hex.EncodeToString(named[:]), form.purpose, fillPattern(form.cancel, pattern, u.EscapedPath()), form.fields}
}

// restoredView says above a form where the text in it comes from.
type restoredView struct {
	SignedOut bool // the session it was typed in had timed out; otherwise it only had to be confirmed
}

// A restored form is what somebody typed before they had to sign in or confirm. The zero value is none.
type restored struct {
	id     string // for the hidden field of the form
	fields map[string]string
	view   *restoredView
}

// saveDraft saves what may be saved of a form that came too late in the session s, and returns the address to come back to.
// The id in that address only selects the draft. Whether somebody may see it is checked when it is read.
func (a *app) saveDraft(r *http.Request, s session.Session, life time.Duration) (back string) {
	back = a.wayBack(r)
	if a.routeOf(r).late == nil {
		return back
	}
	late := a.lateFormAt(back)
	if late == nil {
		return back
	}
	fields, err := form(r, late.fields...)
	if err != nil {
		return back // no form, or one that would have been refused in time as well
	}
	id, err := a.Drafts.Save(r.Context(), draft.Draft{UserID: s.UserID, SessionID: s.ID, Route: late.name, Fields: fields}, life)
	if err != nil {
		if !errors.Is(err, draft.ErrInvalid) && !errors.Is(err, draft.ErrNotFound) {
			a.Log.WarnContext(r.Context(), "draft not saved", "route", late.name, "err", err)
		}
		return back
	}
	a.Audit.Report(r.Context(), audit.FormHeld, s.UserID, s.ID, late.name, clientOf(r))
	if before, err := form(r, "held"); err == nil { // the new draft replaces it
		a.deleteDraft(r, s.UserID, before["held"])
	}
	return back + "?" + url.Values{"held": {id}}.Encode()
}

// draftFor returns the form that next comes back to and its draft, if that is for the current user to see.
func (a *app) draftFor(ctx context.Context, v *current, next string) (*lateForm, draft.Draft, error) {
	late := a.lateFormAt(next)
	if late == nil {
		return nil, draft.Draft{}, draft.ErrNotFound
	}
	f, err := a.Drafts.Find(ctx, draftID(next), v.UserID, late.name)
	if err != nil || f.SessionID == v.ID {
		return late, f, err
	}
	// Text from another session is shown only if that one timed out. What was typed in a session that still lives
	// elsewhere, or that somebody had to end, may have been typed by a thief.
	s, err := a.Sessions.Session(ctx, v.UserID, f.SessionID)
	if errors.Is(err, audit.ErrNotFound) || err == nil && !ranOut(s) {
		return late, draft.Draft{}, draft.ErrNotFound
	}
	return late, f, err
}

// draftID is the id of the draft that an address of a form names.
func draftID(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("held")
}

// ranOut reports whether the session ended for want of use or at its absolute limit.
func ranOut(s session.Session) bool {
	return s.EndReason == session.ReasonIdle || s.EndReason == session.ReasonAbsolute || s.EndReason == session.ReasonUnclaimed
}

// restore returns the draft for the form of this page.
func (a *app) restore(r *http.Request) (restored, error) {
	v := currentOf(r)
	_, f, err := a.draftFor(r.Context(), v, r.URL.RequestURI())
	if errors.Is(err, draft.ErrNotFound) {
		return restored{}, nil
	}
	if err != nil {
		return restored{}, err
	}
	return restored{f.ID, f.Fields, &restoredView{SignedOut: f.SessionID != v.ID}}, nil
}

// hasDraft reports whether there is a draft for the form that next comes back to, whoever it belongs to.
func (a *app) hasDraft(r *http.Request, next string) bool {
	late := a.lateFormAt(next)
	if late == nil {
		return false
	}
	exists, err := a.Drafts.Exists(r.Context(), draftID(next), late.name)
	return err == nil && exists
}

// deleteDraft deletes a draft that was used or replaced. If it cannot, the sweeper deletes the draft when it has expired.
func (a *app) deleteDraft(r *http.Request, userID, id string) {
	if err := a.Drafts.Delete(r.Context(), id, userID); err != nil {
		a.Log.WarnContext(r.Context(), "draft not deleted", "err", err)
	}
}

// timedOut is the session whose current token the request brought, after it ran out of time: an older token may be a copy.
func (a *app) timedOut(r *http.Request) *session.Session {
	s := exchangeOf(r).ended
	if token, _ := a.Bag.Token(r); s == nil || !ranOut(*s) || s.TokenHash != auth.HashToken(token) {
		return nil
	}
	return s
}
