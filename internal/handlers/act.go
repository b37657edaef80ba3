package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/session"
)

// repeat answers a press that was made before, with the answer that it had then, before anything is counted or checked.
// Until the first press is answered the second waits for it.
func (a *app) repeat(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		press := a.actOf(r)
		if press == nil {
			next.ServeHTTP(w, r)
			return
		}
		defer a.presses.hold(r.Context(), press.Key())()
		x := exchangeOf(r)
		x.press = press
		done, err := a.answerAgain(w, r)
		if err != nil {
			a.fail(w, r, unavailable(err))
			return
		}
		if done {
			return
		}
		answer := &heldAnswer{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		if x.press != nil { // it changed nothing: on another instance the same press may have been first
			if done, err := a.answerAgain(w, r); done && err == nil {
				if x.spent != nil {
					x.spent.Return(context.WithoutCancel(r.Context()))
				}
				a.Log.InfoContext(r.Context(), pressedElsewhere, "id", clientOf(r).RequestID)
				return
			}
		}
		answer.sendTo(w)
	})
}

// pressedElsewhere is in the log when two instances worked on one press. In one instance a handler did not call answered.
const pressedElsewhere = "the press was answered by another instance"

// actOf is the act of the form that was sent, nil for anything else.
func (a *app) actOf(r *http.Request) *act.Act {
	if !a.routeOf(r).act || a.isCrossSite(r) {
		return nil
	}
	value, fields := sentAct(r, a.routeOf(r).script)
	if !act.Is(value) {
		return nil
	}
	hash := ""
	if token, ok := a.Bag.Token(r); ok {
		hash = auth.HashToken(token)
	}
	if pending := a.Bag.Pending(r); pending != "" && r.URL.Path == verifyPage { // the form of the sign-in that it carries
		hash = auth.HashToken(hash + pending)
	}
	return act.Of(value, r.URL.Path, r.UserAgent(), hash, fields)
}

// sentAct is the value of the form, and all that was sent with it; "" when it cannot be read: whoever reads the request after
// this says what is wrong with it.
func sentAct(r *http.Request, script bool) (value string, fields url.Values) {
	if script {
		var sent struct {
			Act string `json:"act"`
		}
		if readJSON(r, &sent) != nil {
			return "", nil
		}
		return sent.Act, url.Values{"body": {string(exchangeOf(r).body)}}
	}
	f, err := form(r, "act")
	if err != nil {
		return "", nil
	}
	return f["act"], without(r.PostForm, "act")
}

// without is a copy of the fields that leaves one out.
func without(fields map[string][]string, name string) map[string][]string {
	rest := make(map[string][]string, len(fields))
	for field, values := range fields {
		if field != name {
			rest[field] = values
		}
	}
	return rest
}

// answerAgain sends the answer that the press had before, and reports whether it had one.
func (a *app) answerAgain(w http.ResponseWriter, r *http.Request) (done bool, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), lookUpWithin)
	defer cancel()
	answer, holder, err := a.Acts.Find(ctx, exchangeOf(r).press)
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if answer.Token != "" {
		var s bag.Session
		if holder.Remembered {
			s.Persistent = holder.Expires
		}
		a.Bag.SetSession(w, answer.Token, s)
		if a.Bag.Pending(r) != "" {
			a.Bag.DropPending(w)
		}
		if answer.Back != "" {
			a.setWayBack(w, answer.Back, answer.BackUntil)
		}
	}
	if answer.Pending != "" {
		if err := a.waitOn(ctx, w, answer.Pending); errors.Is(err, audit.ErrNotFound) {
			return false, a.Acts.Forget(ctx, exchangeOf(r).press)
		} else if err != nil {
			return false, err
		}
	}
	if answer.Place == signedOutPage {
		a.forgetBrowser(w)
	}
	switch {
	case answer.File != nil:
		sendExport(w, answer.File)
	case a.routeOf(r).script:
		return true, writeJSON(w, http.StatusOK, whereJSON{answer.Place})
	default:
		seeOther(w, r, answer.Place)
	}
	return true, nil
}

// unanswered returns ErrConflict when the press was answered by now: on another instance the same press may have been first,
// and have used up what this one brings.
func (a *app) unanswered(r *http.Request) auth.Stands {
	return func(ctx context.Context) error {
		press := exchangeOf(r).press
		if press == nil {
			return nil
		}
		_, _, err := a.Acts.Find(ctx, press)
		switch {
		case errors.Is(err, audit.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return auth.ErrConflict
	}
}

// rotate makes a token for a session as bag.Manager.Rotate does, and the record of the press that asks for it, whose answer
// leads to place: to the page about the end of the session, when the change ends it as well. change stores both.
func (a *app) rotate(r *http.Request, place string, empty bool, change func(session.NewToken) (bag.Session, error)) error {
	return a.Bag.Rotate(r.Context(), empty, func(tokenHash string) (bag.Session, error) {
		record, err := a.record(r, a.withToken(r, place), tokenHash)
		if err != nil {
			return bag.Session{}, err
		}
		opened, err := change(session.NewToken{NewTokenHash: tokenHash, Act: record})
		if err == nil {
			a.answered(r)
		}
		return opened, err
	})
}

// withToken is the answer that leads to place with the token that the browser has after it.
func (a *app) withToken(r *http.Request, place string) act.Answer {
	ends := place == signedOutPage
	back, _ := r.Context().Value(backKey{}).(wayBack)
	return act.Answer{Token: a.Bag.NewToken(r.Context()), Place: place, Lives: !ends, Ends: ends, Back: back.token, BackUntil: back.until}
}

// leadsTo is what the transaction of this press stores when its answer only leads to a place.
func (a *app) leadsTo(r *http.Request, place string) (*act.Record, error) {
	return a.staysIn(r, act.Answer{Place: place})
}

// staysIn is the same for an answer that leaves the token as it is. In a session it is for as long as that goes on.
func (a *app) staysIn(r *http.Request, answer act.Answer) (*act.Record, error) {
	v := currentOf(r)
	if v == nil {
		return a.record(r, answer, "")
	}
	answer.Lives = true
	return a.record(r, answer, v.TokenHash)
}

// endsAt is the same for a press that ends the session of this browser.
func (a *app) endsAt(r *http.Request, place string) (*act.Record, error) {
	return a.record(r, act.Answer{Place: place, Ends: true}, "")
}

// record is what the transaction of this press stores.
func (a *app) record(r *http.Request, answer act.Answer, tokenHash string) (*act.Record, error) {
	x := exchangeOf(r)
	record, err := a.Acts.Record(x.press, answer, tokenHash)
	if err != nil {
		return nil, err
	}
	record.Notices = x.notices
	return record, a.Outbox.Seal(record.Notices)
}

// answered says that the answer of this press is stored, and the emails about it, which are sent: what the request does from then on
// is part of it.
func (a *app) answered(r *http.Request) {
	x := exchangeOf(r)
	a.Outbox.Stored(x.notices)
	x.press, x.notices = nil, nil
}
