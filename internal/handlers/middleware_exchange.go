package handlers

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/session"
)

// An exchange is one request and its answer: what the layers of the portal tell each other about it. It is made by
// the outermost layer and used by one goroutine.
type exchange struct {
	client       device.Client // with the id of the request, which is in the log and on error pages
	current      *current
	timedOut     *session.Session // whose current token the request brought, after it ran out of time
	lookUp       *guard.Attempt   // of a token that no session has; nil for a recently valid one
	crossSite    bool             // another site made the browser send it
	cause        error            // why the answer is an error, for the log alone
	compressible bool             // by compress, which takes out of the answer what render tells it
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
func actor(r *http.Request) audit.Actor { return currentOf(r).By(clientOf(r)) }

// exchange begins the exchange and logs how it ended: one line, by route pattern, because URLs can hold the keys of
// emails (ASVS v5.0.0-14.2.1, 16.2.5).
func (a *app) exchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		x := &exchange{client: readClient(r)}
		ctx, cancel := bounded(r)
		defer cancel()
		r = r.WithContext(context.WithValue(ctx, exchangeKey{}, x))
		sw := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(sw, r)

		status, took := sw.Status(), time.Since(began)
		route := chi.RouteContext(r.Context()).RoutePattern()
		if a.Observe != nil {
			a.Observe(route, r.Method, status, took)
		}
		level := slog.LevelInfo
		attrs := []slog.Attr{
			slog.String("id", x.client.RequestID), slog.String("method", r.Method), slog.String("route", route),
			slog.Int("status", status), slog.Duration("took", took),
		}
		client := clientOf(r)
		if x.current != nil {
			client = x.current.User.Recorded(client)
			attrs = append(attrs, slog.String("session", x.current.ID))
		}
		attrs = append(attrs, slog.String("ip", client.IP))
		if x.cause != nil {
			level = slog.LevelError
			attrs = append(attrs, slog.String("cause", x.cause.Error()))
		}
		a.Log.LogAttrs(r.Context(), level, "request", attrs...)
	})
}

// answerWithin bounds how long a request may wait for what it needs of others.
const answerWithin = 30 * time.Second

// bounded is the context that a request is answered in. A change that was begun is finished although the client hangs
// up: somebody who presses "Sign out" and closes the window is signed out, and a guess at a password leaves its trace.
func bounded(r *http.Request) (context.Context, context.CancelFunc) {
	ctx := r.Context()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeout(ctx, answerWithin)
}

// clientAddress finds the client's address: the peer's, or what a trusted proxy says of it.
func (a *app) clientAddress() func(http.Handler) http.Handler {
	if len(a.TrustedProxies) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	prefixes := make([]string, len(a.TrustedProxies))
	for i, p := range a.TrustedProxies {
		prefixes[i] = p.String()
	}
	return middleware.ClientIPFromXFF(prefixes...)
}

// maxUserAgent is how much of a User-Agent header is kept, in bytes.
const maxUserAgent = 256

// clientOf is where the request came from.
func clientOf(r *http.Request) device.Client { return exchangeOf(r).client }

// readClient describes where a request came from, once for all who ask.
func readClient(r *http.Request) device.Client {
	agent := strings.ToValidUTF8(strings.ReplaceAll(r.UserAgent(), "\x00", ""), "")
	for len(agent) > maxUserAgent {
		_, size := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-size]
	}
	return device.NewClient(middleware.GetClientIP(r.Context()), agent, rand.Text())
}
