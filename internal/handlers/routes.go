package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/ui"
)

// router is the table of everything the portal answers. A route's group is its guard, except where docs/access.md says
// "script" or "password here": there the handler asks. A test compares the two.
func (a *app) router() http.Handler {
	r := chi.NewRouter()
	a.routes = r
	r.Use(a.clientAddress(), a.exchange, a.headers, a.lastResort, middleware.GetHead)

	r.Handle("/static/*", ui.Static())
	r.Get("/healthz", a.healthz)
	r.Get("/readyz", a.readyz)
	r.With(a.limitBody).Get("/session/state", a.handle(a.sessionState))

	r.Group(func(r chi.Router) {
		r.Use(a.limitBody, a.compress(), a.session, a.refuseCrossSite)
		r.NotFound(a.handle(notFound))
		r.MethodNotAllowed(a.handle(a.methodNotAllowed))

		// Everybody
		r.Get("/", a.handle(a.landing))
		r.Get("/signup", a.handle(a.showSignUp))
		r.Post("/signup", a.handle(a.signUp))
		r.Get("/signup/sent", a.handle(a.signUpSent))
		r.Get("/email/confirm/{token}", a.handle(a.showConfirm))
		r.Post("/email/confirm/{token}", a.handle(a.confirm))
		r.Get("/login", a.handle(a.showSignIn))
		r.Post("/login", a.handle(a.signIn))
		if a.Demo {
			r.Post("/demo", a.handle(a.startDemo))
		}
		r.Post("/logout", a.handle(a.signOut))
		r.Get("/signed-out", a.handle(a.signedOut))
		r.Post("/session/extend", a.handle(a.extend))
		r.Post("/preferences", a.handle(a.setPreferences))
		r.Get("/plans", a.handle(a.showPlans))
		r.Post("/basket", a.handle(a.choosePlan))
		if a.Outbox != nil {
			r.Get("/dev/mail", a.handle(a.devMail))
		}

		// Signed in, in a session that may be waiting for its password
		r.With(a.requireVisitor).Get("/reauth", a.handle(a.showReauth))
		r.With(a.requireVisitor).Post("/reauth", a.handle(a.reauth))

		// Signed in
		r.Group(func(r chi.Router) {
			r.Use(a.requireVisitor, a.requireConfirmed)
			r.Get("/account", a.handle(a.overview))
			r.Get("/account/session", a.handle(a.inspect))
			r.Get("/account/sessions", a.handle(a.showSessions))
			r.Get("/account/sessions/{handle}/end", a.handle(a.showEndSession))
			r.Get("/account/sessions/end-others", a.handle(a.showEndOthers))
			r.Post("/account/sessions/end-others", a.handle(a.endOthers))
			r.Get("/account/sessions/end-all", a.handle(a.showEndAll))
			r.Post("/account/sessions/end-all", a.handle(a.endAll))
			r.Get("/account/activity", a.handle(a.activity))
			r.Get("/account/activity/{id}/not-me", a.handle(a.notMe))
			r.Get("/account/security", a.handle(a.security))
			r.Get("/account/security/password", a.handle(a.showPassword))
			r.Post("/account/security/password", a.handle(a.changePassword))
			r.Get("/account/profile", a.handle(a.showProfile))
			r.Post("/account/profile", a.handle(a.saveProfile))
			r.Get("/billing", a.handle(a.showBilling))
			r.Get("/billing/checkout", a.handle(a.showCheckout))
			r.Post("/billing/checkout", a.handle(a.pay))
			r.Get("/billing/receipts/{id}", a.handle(a.showReceipt))

			// Signed in and re-authenticated a short while ago
			r.Group(func(r chi.Router) {
				r.Use(a.requireElevation)
				r.Post("/account/sessions/{handle}/end", a.handle(a.endSession))
				r.Post("/account/sessions/{handle}/recognise", a.handle(a.recognise))
				r.Get("/account/activity.csv", a.handle(a.activityCSV))
				r.Get("/billing/payment-method", a.handle(a.showPaymentMethod))
				r.Post("/billing/payment-method", a.handle(a.setPaymentMethod))
			})
		})
	})
	return r
}
