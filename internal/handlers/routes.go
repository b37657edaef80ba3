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
		everybody := r
		r.NotFound(a.handle(notFound))
		r.MethodNotAllowed(a.handle(a.methodNotAllowed))

		// Everybody
		r.Get("/", a.handle(a.landing))
		r.Get("/signup", a.handle(a.showSignUp))
		r.Post("/signup", a.handle(a.signUp))
		r.Get("/signup/sent", a.handle(a.signUpSent))
		r.With(a.limitGuesses).Get("/email/confirm/{token}", a.handle(a.showConfirm))
		r.With(a.limitGuesses).Post("/email/confirm/{token}", a.handle(a.confirm))
		r.With(a.limitGuesses).Get("/email/undo/{token}", a.handle(a.showEmailUndo))
		r.With(a.limitGuesses).Post("/email/undo/{token}", a.handle(a.undoEmail))
		r.With(a.limitGuesses).Get("/account/email/confirm/{token}", a.handle(a.takeEmailKey))
		r.Get("/password/forgot", a.handle(a.showForgot))
		r.Post("/password/forgot", a.handle(a.forgot))
		r.Get("/password/forgot/sent", a.handle(a.forgotSent))
		r.With(a.limitGuesses).Get("/password/reset/{token}", a.handle(a.takeResetKey))
		r.With(a.limitGuesses).Post("/password/reset/{token}", a.handle(a.reset))
		r.Get("/password/reset", a.handle(a.showReset))
		r.Post("/password/reset", a.handle(a.reset))
		r.Get("/login", a.handle(a.showSignIn))
		r.Post("/login", a.handle(a.signIn))
		r.Get("/login/verify", a.handle(a.showVerify))
		r.Post("/login/verify", a.handle(a.verify))
		r.Post("/login/passkey/begin", a.handleJSON(a.beginPasskeySignIn))
		r.Post("/login/passkey/finish", a.handleJSON(a.finishPasskeySignIn))
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
			r.Get("/dev/mail/{id}", a.handle(a.devLetter))
		}

		// Signed in, in a session that may be waiting for its re-authentication
		r.With(a.requireVisitor).Get("/reauth", a.handle(a.showReauth))
		r.With(a.requireVisitor).Post("/reauth", a.handle(a.reauth))
		r.With(a.requireVisitor).Post("/reauth/passkey/begin", a.handleJSON(a.beginPasskeyConfirmation))

		// Signed in, and all that is open to somebody who has to set up a second step first
		r.Group(func(r chi.Router) {
			r.Use(a.requireVisitor, a.requireConfirmed, a.requireStaying)
			r.Get("/account/security", a.handle(a.security))
			r.Post("/account/security/recovery-codes/download", a.handle(a.downloadRecoveryCodes))
			r.Get("/account/security/passkeys", a.handle(a.showPasskeys))
			r.Get("/account/security/passkeys/{id}", a.handle(a.showPasskey))
			r.Post("/account/security/passkeys/{id}/rename", a.handle(a.renamePasskey))
			r.Group(func(r chi.Router) {
				r.Use(a.requireElevation)
				r.Get("/account/security/totp", a.handle(a.showTOTP))
				r.Post("/account/security/totp", a.handle(a.setTOTP))
				r.Post("/account/security/totp/remove", a.handle(a.removeTOTP))
				r.Get("/account/security/recovery-codes", a.handle(a.showRecoveryCodes))
				r.Post("/account/security/recovery-codes", a.handle(a.makeRecoveryCodes))
				r.Post("/account/security/passkeys/begin", a.handleJSON(a.beginEnrolment))
				r.Post("/account/security/passkeys/finish", a.handle(a.finishEnrolment))
				r.Post("/account/security/passkeys/{id}/remove", a.handle(a.removePasskey))
			})
		})

		// Signed in
		r.Group(func(r chi.Router) {
			r.Use(a.requireVisitor, a.requireConfirmed, a.requireStaying, a.requireFactor)
			signedIn := r
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
			r.Get("/account/security/password", a.handle(a.showPassword))
			r.Post("/account/security/password", a.handle(a.changePassword))
			r.Get("/account/profile", a.handle(a.showProfile))
			r.Post("/account/profile", a.handle(a.saveProfile))
			r.Get("/account/email/confirm", a.handle(a.showEmailConfirm))
			r.Post("/account/email/confirm", a.handle(a.confirmEmail))
			r.Get("/account/export", a.handle(a.showExport))
			r.Post("/account/export", a.handle(a.export))
			r.Get("/account/delete", a.handle(a.showDelete))
			r.Post("/account/delete", a.handle(a.askDeletion))
			r.Post("/account/delete/stop", a.handle(a.keepAccount))
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
				r.Get("/account/email", a.handle(a.showEmail))
				r.Post("/account/email", a.handle(a.askEmail))
				r.Get("/billing/payment-method", a.handle(a.showPaymentMethod))
				r.Post("/billing/payment-method", a.handle(a.setPaymentMethod))
				if a.Extend != nil {
					a.Extend(a.extension(everybody, signedIn, r))
				}
			})
		})
	})
	return r
}
