package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

// An exchange is one request and its answer: what the layers of the portal tell each other about it. It is made by
// the outermost layer and used by one goroutine.
type exchange struct {
	client       device.Client // with the id of the request, which is in the log and on error pages
	current      *current
	body         []byte           // of a script's request, once it is read
	formError    error            // why the form, or that body, could not be read
	press        *act.Act         // that the request is part of; nil for none, and once its answer is stored
	spent        auth.Attempt     // what the press took from the limit of its route
	notices      []mail.Notice    // of what the request is about to change
	ended        *session.Session // that is over, and of which the request brought a token
	answerLost   bool             // with the token that replaced the one of the request
	inWindow     bool             // the elevation window of the session is open, and its change needs that
	crossSite    bool             // another site made the browser send it
	cause        error            // why the answer is an error, for the log alone
	compressible bool             // by compress, which takes out of the answer what send and others tell it
}

// current is the session of this request and its user.
type current struct {
	session.Session
	User auth.User
}

type exchangeKey struct{}

func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }

// currentOf returns who is signed in, or nil.
func currentOf(r *http.Request) *current { return exchangeOf(r).current }

// actor is the session of the person who is signed in, and where the request came from.
func actor(r *http.Request) audit.Actor {
	return currentOf(r).By(clientOf(r)).Within(exchangeOf(r).inWindow)
}

// exchange begins the exchange of a request, and notes in the log how it ended.
func (a *app) exchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := bounded(r)
		defer cancel()
		r = r.WithContext(context.WithValue(ctx, exchangeKey{}, &exchange{client: a.readClient(r)}))
		sw := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(sw, r)
		a.logRequest(r, sw.Status(), time.Since(began))
	})
}
