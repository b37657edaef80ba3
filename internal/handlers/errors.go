package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/mail"
)

type errorView struct {
	Layout
	Status        int
	Heading, Text string
	Next          wayOn  // the zero value for the way to the first page
	Reference     string // id of the request in the log, for 5xx
}

// A wayOn is the link to what a person can do next.
type wayOn struct{ Href, Text string }

func (*errorView) page() string { return "error.html" }

// A statusError is an answer that is a page saying what is wrong. The cause is for the log and never shown.
type statusError struct {
	code          int
	heading, text string
	next          wayOn
	retryAfter    time.Duration
	cause         error
}

func (e statusError) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return e.heading
}

func (e statusError) Unwrap() error { return e.cause }

func badRequest(text string) error {
	return statusError{code: http.StatusBadRequest, heading: "We could not read that", text: text}
}

func notFoundError() statusError {
	return statusError{code: http.StatusNotFound, heading: "There is nothing here",
		text: "The address is wrong, or what was here is gone, or it belongs to somebody else."}
}

func notFound(http.ResponseWriter, *http.Request) error { return notFoundError() }

func unavailable(cause error) statusError {
	return statusError{code: http.StatusServiceUnavailable, heading: "We cannot do this at the moment",
		text:       "A part of the portal is out of reach, so nothing was changed. Please try again in a minute.",
		retryAfter: 30 * time.Second, cause: cause}
}

// methodNotAllowed lists what the path does answer to, as HTTP asks for.
func (a *app) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		asked := method
		if asked == http.MethodHead {
			asked = http.MethodGet
		}
		if a.routes.Match(chi.NewRouteContext(), asked, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return statusError{code: http.StatusMethodNotAllowed, heading: "That does not work here",
		text: "This address cannot be used in that way. Nothing was changed."}
}

// handle adapts a handler that answers or returns an error, and turns a panic into an error.
func (a *app) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
					panic(v)
				}
				a.fail(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			}
		}()
		err := h(w, r)
		switch {
		case errors.Is(err, auth.ErrEnded): // another request ended the session first: go on as signed out
			a.Bag.Abandon(r.Context())
			a.redirectOr401(w, r, "/login?"+url.Values{"next": {a.wayBack(r)}}.Encode())
		case err != nil:
			a.fail(w, r, err)
		}
	}
}

// fail answers with an error page, or as JSON. Whatever the request wanted of its bag is dropped.
func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.Bag.Abandon(r.Context())
	e := a.asStatus(r.Context(), err)
	x := exchangeOf(r)
	v := &errorView{Status: e.code, Heading: e.heading, Text: e.text, Next: e.next}
	if e.code >= 500 && !errors.Is(r.Context().Err(), context.Canceled) { // a client that hung up is no fault
		x.cause, v.Reference = err, x.client.RequestID
	}
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", retryAfter(e.retryAfter))
	}
	if a.wantsJSON(w, r) {
		_ = writeJSON(w, e.code, problemJSON{Error: errorFailed, Text: e.text}) // two strings always marshal
	} else if err := a.send(w, r, e.code, v); err != nil {
		x.cause = errors.Join(x.cause, err)
		http.Error(w, e.heading+"\n"+e.text, e.code)
	}
}

// asStatus decides what people are told. Any other error is a fault of ours, unless the database is unavailable.
func (a *app) asStatus(ctx context.Context, err error) statusError {
	if e, ok := errors.AsType[statusError](err); ok {
		return e
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return statusError{code: http.StatusRequestEntityTooLarge, heading: "That is too much",
			text: "The form is larger than we accept. Nothing was changed."}
	}
	if errors.Is(err, audit.ErrNotFound) {
		return notFoundError()
	}
	if errors.Is(err, auth.ErrConflict) {
		return statusError{code: http.StatusConflict, heading: "Something else came first",
			text: "Your account was changed from another place at this moment, so nothing was changed here. Please look, and try again."}
	}
	if errors.Is(err, auth.ErrBusy) {
		return statusError{code: http.StatusServiceUnavailable, heading: "We are busy", retryAfter: 10 * time.Second, cause: err,
			text: "Many people are signing in at this moment. Please try again in a few seconds."}
	}
	if errors.Is(err, mail.ErrFull) {
		return unavailable(err)
	}
	if limited, ok := errors.AsType[*auth.LimitedError](err); ok {
		return statusError{code: http.StatusTooManyRequests, heading: "Too many attempts", retryAfter: limited.Wait, text: tooManyAttempts(limited.Wait)}
	}
	if errors.Is(err, bag.ErrUnavailable) {
		return statusError{code: http.StatusServiceUnavailable, heading: "We cannot do this at the moment",
			retryAfter: 30 * time.Second, cause: err,
			text: "The place where baskets, the links of emails and new recovery codes wait for you is out of reach. The rest of the portal works. " +
				"If you were changing how you sign in, please look at your security page before you try again."}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if a.databaseUnavailable(ctx, err) {
		e := unavailable(err)
		e.text = "A part of the portal is out of reach. Whether your change was made is not certain: please look before you try again."
		return e
	}
	return statusError{code: http.StatusInternalServerError, heading: "Something went wrong", cause: err,
		text: "The fault is ours. Whether your change was made is not certain: please look before you try again."}
}

// retryAfter is a duration as the header wants it: whole seconds, rounded up, at least one.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// databaseUnavailable reports whether an error is there because the database could not do what it was asked, cannot at this
// moment, or belongs to a newer program.
func (a *app) databaseUnavailable(ctx context.Context, err error) bool {
	return a.Database.Refused(err) || a.Database.Current(ctx) != nil
}
