package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/session"
)

// A heldRoute is a form whose text is kept when it comes too late. GET shows it, POST saves it.
type draftRoute struct {
	name    string   // in the database, where a URL would be one that somebody could choose
	path    string   // of the form
	waiting string   // what the person was about to do
	cancel  string   // the page before it, which asks for nothing
	fields  []string // may be shown again: never a password, a code or a file
}

var draftRoutes = []draftRoute{
	{"profile", "/account/profile", "Save your profile", home, []string{"name"}},
	{"email", "/account/email", "Change your address", "/account/profile", []string{"email"}},
	{"payment-method", "/billing/payment-method", "Save your payment method", "/billing", []string{"instrument", "name", "address", "next"}},
}

func (a *app) draftRouteAt(path string) (draftRoute, bool) {
	i := slices.IndexFunc(a.draftRoutes, func(route draftRoute) bool { return route.path == path })
	if i < 0 {
		return draftRoute{}, false
	}
	return a.draftRoutes[i], true
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

// hold keeps what may be kept of a form that came too late in the session s, and returns where its person comes back to.
// The id in that address says which text is theirs to look at; it opens nothing by itself.
func (a *app) saveDraft(r *http.Request, s session.Session, life time.Duration) (back string) {
	back = a.wayBack(r)
	route, ok := a.draftRouteAt(r.URL.Path)
	if !ok {
		return back
	}
	fields, err := form(r, route.fields...)
	if err != nil {
		return back // no form, or one that could not have been saved in time either
	}
	id, err := a.Drafts.Save(r.Context(), draft.Draft{UserID: s.UserID, SessionID: s.ID, Route: route.name, Fields: fields}, life)
	if err != nil {
		if !errors.Is(err, draft.ErrInvalid) && !errors.Is(err, draft.ErrNotFound) {
			a.Log.WarnContext(r.Context(), "form not held", "route", route.name, "err", err)
		}
		return back
	}
	a.Audit.Report(r.Context(), audit.FormHeld, s.UserID, s.ID, route.name, clientOf(r))
	if before, err := form(r, "held"); err == nil { // this one has taken its place
		a.deleteDraft(r, s.UserID, before["held"])
	}
	return route.path + "?" + url.Values{"held": {id}}.Encode()
}

// heldBy returns the form that next comes back to and what is held for it, if that is for the visitor to see.
func (a *app) draftFor(ctx context.Context, v *visitor, next string) (draftRoute, draft.Draft, error) {
	u, err := url.Parse(next)
	if err != nil {
		return draftRoute{}, draft.Draft{}, draft.ErrNotFound
	}
	route, ok := a.draftRouteAt(u.Path)
	if !ok {
		return draftRoute{}, draft.Draft{}, draft.ErrNotFound
	}
	f, err := a.Drafts.Find(ctx, u.Query().Get("held"), v.UserID, route.name)
	if err != nil || f.SessionID == v.ID {
		return route, f, err
	}
	// Text from another session is shown only if that one timed out. What was typed in a session that still lives
	// elsewhere, or that somebody had to end, may be a thief's.
	s, err := a.Sessions.Session(ctx, v.UserID, f.SessionID)
	if errors.Is(err, audit.ErrNotFound) || err == nil && !ranOut(s) {
		return route, draft.Draft{}, draft.ErrNotFound
	}
	return route, f, err
}

// ranOut reports whether the session ended for want of use or at its absolute limit.
func ranOut(s session.Session) bool {
	return s.EndReason == session.ReasonIdle || s.EndReason == session.ReasonAbsolute
}

// restore returns what is held for the form of this request.
func (a *app) restore(r *http.Request) (restored, error) {
	v := visitorOf(r)
	_, f, err := a.draftFor(r.Context(), v, r.URL.RequestURI())
	if errors.Is(err, draft.ErrNotFound) {
		return restored{}, nil
	}
	if err != nil {
		return restored{}, err
	}
	return restored{f.ID, f.Fields, &restoredView{SignedOut: f.SessionID != v.ID}}, nil
}

// isHeld reports whether text waits for the form that next comes back to, whoever's it is.
func (a *app) hasDraft(r *http.Request, next string) bool {
	u, err := url.Parse(next)
	if err != nil {
		return false
	}
	route, ok := a.draftRouteAt(u.Path)
	if !ok {
		return false
	}
	waits, err := a.Drafts.Exists(r.Context(), u.Query().Get("held"), route.name)
	return err == nil && waits
}

// useHeld deletes what was saved, or replaced. If it cannot, the text goes when its time is up.
func (a *app) deleteDraft(r *http.Request, userID, id string) {
	if err := a.Drafts.Delete(r.Context(), id, userID); err != nil {
		a.Log.WarnContext(r.Context(), "held form not deleted", "err", err)
	}
}
