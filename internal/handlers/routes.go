package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/ui"
)

// router is the table of everything the portal answers. A line begins with its group, which is its guard. Where
// docs/access.md says "script", "password given" or "password here", the handler checks in place of the guard; a test compares
// the two. The options of a line, such as nav and drafts, are explained in route.go. A test names those that are missing.
func (a *app) router() http.Handler {
	r := chi.NewRouter()
	a.routes, a.table, a.lateForms = r, map[routeKey]*route{}, map[string]*lateForm{}
	r.Use(a.exchange, a.headers, a.lastResort, a.refuseOtherHosts, middleware.GetHead)

	r.Handle("/static/*", ui.Static())
	r.Get("/healthz", a.healthz)
	r.Get("/readyz", a.readyz)
	r.Get("/.well-known/change-password", changePasswordAddress)
	r.Get("/.well-known/passkey-endpoints", a.passkeyEndpoints)
	r.With(a.limitBody).Get("/session/state", a.handle(a.sessionState))
	r.With(a.limitBody).Get(livePage, a.handle(a.sessionLive))

	pages := r.With(a.limitBody, hideToken, a.compress(), a.repeat, a.session, a.refuseCrossSite)
	pages.NotFound(a.handle(notFound))
	pages.MethodNotAllowed(a.handle(a.methodNotAllowed))

	everybody := group{app: a, router: pages}
	everybody.get("/", a.landing)
	everybody.get("/signup", a.showSignUp)
	everybody.post("/signup", a.signUp, isAct, limits(guard.SignUps, guard.EmailsHere, guard.Emails))
	everybody.get("/signup/sent", a.signUpSent)
	everybody.get("/password/forgot", a.showForgot)
	everybody.post("/password/forgot", a.forgot, isAct, limits(guard.Resets, guard.EmailsHere, guard.Emails, guard.EmailsKnown))
	everybody.get("/password/forgot/sent", a.forgotSent)
	everybody.get("/password/reset", a.showReset)
	everybody.post("/password/reset", a.reset, isAct, limits())
	everybody.get("/login", a.showSignIn)
	everybody.post("/login", a.signIn, isAct, limits(guard.SignIns, guard.AccountHere, guard.Account, guard.SignedInHere))
	everybody.get("/login/verify", a.showVerify)
	everybody.post("/login/verify", a.verify, isAct, limits(guard.Codes))
	everybody.post("/login/passkey/begin", a.beginPasskeySignIn, forScripts, on("/login"), noAct, limits(guard.PasskeyChallenges))
	everybody.post("/login/passkey/finish", a.finishPasskeySignIn, forScripts, on("/login"), isAct, limits(guard.PasskeyAnswers, guard.SignedInHere))
	everybody.post("/logout", a.signOut, on(home), noAct, limits())
	everybody.get("/signed-out", a.signedOut)
	everybody.post("/session/extend", a.extend, on(home), noAct, limits())
	everybody.post("/preferences", a.setPreferences, on(home), noAct, limits())
	everybody.get("/plans", a.showPlans, nav("plans"), returned)
	everybody.get("/learn", a.showLearn, nav("learn"))
	everybody.get("/learn/map", a.showLearnMap, nav("learn"))
	everybody.get("/learn/source", a.showSource, nav("learn"))
	everybody.get("/learn/{lesson}", a.showLesson, nav("learn"))
	if a.Labs != nil {
		labs := everybody.with(a.requireThisMachine)
		labs.get("/labs", a.showLabs, nav("learn"))
		labs.post("/labs", a.limitLab(a.nameLearner), noAct, limits(guard.Labs))
		labs.get("/labs/progress", a.exportProgress, nav("learn"))
		labs.get("/labs/class", a.showClass, nav("learn"))
		labs.post("/labs/class", a.limitLab(a.teach), noAct, limits(guard.Labs))
		labs.get("/labs/{lesson}", a.showLab, nav("learn"))
		labs.post("/labs/{lesson}", a.limitLab(a.doLab), noAct, limits(guard.Labs))
		labs.post("/learn/{lesson}/check", a.limitLab(a.checkLab), on("/labs/{lesson}"), noAct, limits(guard.Labs))
	}
	everybody.post("/basket", a.choosePlan, on("/plans"), noAct, limits(guard.Baskets))
	if a.Mailbox != nil {
		everybody.get("/dev/mail", a.devMail)
		everybody.get("/dev/mail/{id}", a.devEmail)
	}

	// Everybody who has the link of an email, or of a demo
	emailed := everybody.with(a.limitGuesses)
	emailed.get("/email/confirm/{token}", a.takeSignUpToken)
	emailed.post("/email/confirm/{token}", a.confirm, isAct, limits())
	emailed.get("/email/confirm", a.showConfirm)
	emailed.post("/email/confirm", a.confirm, isAct, limits())
	emailed.get("/email/undo/{token}", a.takeUndoToken)
	emailed.post("/email/undo/{token}", a.undoEmail, isAct, limits())
	emailed.get("/email/undo", a.showEmailUndo)
	emailed.post("/email/undo", a.undoEmail, isAct, limits())
	emailed.get("/account/email/confirm/{token}", a.takeEmailToken, returned)
	emailed.get("/password/reset/{token}", a.takeResetToken)
	emailed.post("/password/reset/{token}", a.reset, isAct, limits())

	// Signed in, flagged sessions that have to be re-authenticated first and those whose account is to be deleted included
	anySession := everybody.signedIn()
	anySession.get("/reauth", a.showReauth, nav(none), notReturned)
	anySession.post("/reauth", a.reauth, noDraft, isAct, limits())
	anySession.post("/reauth/passkey/begin", a.beginPasskeyConfirmation, forScripts, on("/reauth"), noDraft, noAct, limits())
	notFlagged := anySession.signedIn(a.requireNotFlagged)

	// Signed in, those whose account is to be deleted included
	toBeDeleted := notFlagged.signedIn(a.requireFactor)
	toBeDeleted.get("/account/export", a.showExport, nav("profile"))
	toBeDeleted.post("/account/export", a.export, noDraft, isAct, limits(guard.Exports))
	toBeDeleted.get("/account/delete", a.showDelete, nav("profile"))
	toBeDeleted.post("/account/delete", a.requestDeletion, noDraft, isAct, spends(guard.Deletions))
	toBeDeleted.post("/account/delete/stop", a.keepAccount, on(home), noDraft, isAct)

	// Signed in, those who have to set up a second step first included
	enrolling := notFlagged.signedIn(a.requireNotDeleting)
	enrolling.get("/account/security", a.security, nav("security"))
	enrolling.post("/account/security/recovery-codes/download", a.downloadRecoveryCodes, on(home), noDraft, noAct)
	enrolling.get("/account/security/passkeys", a.showPasskeys, nav("security"))
	enrolling.get("/account/security/passkeys/{id}", a.showPasskey, nav("security"))
	enrolling.post("/account/security/passkeys/{id}/rename", a.renamePasskey, on("/account/security/passkeys/{id}"), noDraft, isAct,
		limits(guard.PasskeyNames))

	enrollingElevated := enrolling.signedIn(a.requireElevation)
	enrollingElevated.get("/account/security/totp", a.showTOTP, nav("security"))
	enrollingElevated.post("/account/security/totp", a.setTOTP, noDraft, isAct, spends(guard.Factors))
	enrollingElevated.post("/account/security/totp/remove", a.removeTOTP, on(home), nav("security"), noDraft, isAct, spends(guard.Factors))
	enrollingElevated.get("/account/security/recovery-codes", a.showRecoveryCodes, nav("security"))
	enrollingElevated.post("/account/security/recovery-codes", a.makeRecoveryCodes, noDraft, isAct, spends(guard.Factors))
	enrollingElevated.post("/account/security/passkeys/begin", a.beginEnrolment, forScripts, on("/account/security/passkeys"), noDraft, noAct,
		limits())
	enrollingElevated.post("/account/security/passkeys/finish", a.finishEnrolment, on("/account/security/passkeys"), noDraft, isAct,
		spends(guard.Factors))
	enrollingElevated.post("/account/security/passkeys/{id}/remove", a.removePasskey, on("/account/security/passkeys/{id}"), noDraft, isAct,
		spends(guard.Factors))

	signedIn := enrolling.signedIn(a.requireFactor)
	signedIn.get("/account", a.overview, nav("overview"))
	signedIn.get("/account/session", a.inspect, nav("sessions"))
	signedIn.get("/account/sessions", a.showSessions, nav("sessions"))
	signedIn.get("/account/sessions/{handle}/end", a.showEndSession, nav("sessions"))
	signedIn.get("/account/sessions/{handle}/recognise", a.askAboutSession, nav("sessions"))
	signedIn.get("/account/sessions/end-others", a.showEndOthers, nav("sessions"))
	signedIn.post("/account/sessions/end-others", a.endOthers, noDraft, isAct, limits())
	signedIn.get("/account/sessions/end-all", a.showEndAll, nav("sessions"))
	signedIn.post("/account/sessions/end-all", a.endAll, noDraft, isAct, limits())
	signedIn.get("/account/activity", a.activity, nav("activity"))
	signedIn.get("/account/activity/{id}/recognise", a.askAboutEvent, nav("activity"))
	signedIn.get("/account/secure", a.showSecure, nav("sessions"))
	signedIn.post("/account/secure", a.secure, noDraft, isAct, limits())
	signedIn.get("/account/security/password", a.showPassword, nav("security"))
	signedIn.post("/account/security/password", a.changePassword, noDraft, isAct, spends(guard.Passwords))
	signedIn.post("/account/security/recovery-codes/kept", a.keepRecoveryCodes, on(home), noDraft, noAct)
	signedIn.get("/account/profile", a.showProfile, nav("profile"))
	signedIn.post("/account/profile", a.saveProfile, drafts("profile", "Save your profile", home, "name"), isAct, limits(guard.NameChanges))
	signedIn.get("/account/email/confirm", a.showEmailConfirm, nav("profile"))
	signedIn.post("/account/email/confirm", a.confirmEmail, noDraft, isAct)
	signedIn.get("/billing", a.showBilling, nav("billing"))
	signedIn.get("/billing/checkout", a.showCheckout, nav("billing"))
	signedIn.post("/billing/checkout", a.pay, noDraft, isAct, spends(guard.Payments))
	signedIn.get("/billing/receipts/{id}", a.showReceipt, nav("billing"))

	if a.Demo {
		a.demoRoutes(everybody, emailed, signedIn)
	}

	// Signed in and re-authenticated a short while ago
	reauthenticated := signedIn.signedIn(a.requireElevation)
	reauthenticated.post("/account/sessions/{handle}/end", a.endSession, noDraft, isAct, limits())
	reauthenticated.post("/account/sessions/{handle}/recognise", a.recogniseSession, noDraft, isAct)
	reauthenticated.post("/account/activity/{id}/recognise", a.recogniseEvent, noDraft, isAct)
	reauthenticated.post("/account/secure/done", a.finishSecuring, on("/account/secure"), noDraft, isAct, limits())
	reauthenticated.get("/account/activity.csv", a.activityCSV, nav("activity"))
	reauthenticated.get("/account/email", a.showEmail, nav("profile"))
	reauthenticated.post("/account/email", a.requestEmailChange, isAct, limits(guard.EmailChanges, guard.EmailsHere, guard.Emails),
		drafts("email", "Change your address", "/account/profile", "email"))
	reauthenticated.get("/billing/payment-method", a.showPaymentMethod, nav("billing"))
	reauthenticated.post("/billing/payment-method", a.setPaymentMethod, isAct, limits(guard.PaymentMethods),
		drafts("payment-method", "Save your payment method", "/billing", "instrument", "name", "address", "next"))

	// Re-authenticated, and with a role
	support := reauthenticated.signedIn(a.requireRole(auth.RoleSupport, auth.RoleAdmin))
	support.get("/admin", a.showAdmin, nav("admin"))
	support.get("/admin/users", a.showPeople, nav("admin"))
	support.get("/admin/users/{id}", a.showAccount, nav("admin"))
	support.get("/admin/events", a.showEvents, nav("admin"))
	support.get("/admin/users/{id}/reveal", a.showOrder(admin.RevealAddress), nav("admin"))
	support.post("/admin/users/{id}/reveal", a.order(admin.RevealAddress), reasonDraft("reveal"), isAct)
	support.get("/admin/users/{id}/sessions/{handle}/end", a.showOrder(admin.EndSession), nav("admin"))
	support.post("/admin/users/{id}/sessions/{handle}/end", a.order(admin.EndSession), reasonDraft("end"), isAct)
	support.get("/admin/users/{id}/end-sessions", a.showOrder(admin.EndSessions), nav("admin"))
	support.post("/admin/users/{id}/end-sessions", a.order(admin.EndSessions), reasonDraft("end-sessions"), isAct)

	administrator := reauthenticated.signedIn(a.requireRole(auth.RoleAdmin))
	administrator.get("/admin/users/{id}/disable", a.showOrder(admin.Disable), nav("admin"))
	administrator.post("/admin/users/{id}/disable", a.order(admin.Disable), reasonDraft("disable"), isAct)
	administrator.get("/admin/users/{id}/enable", a.showOrder(admin.Enable), nav("admin"))
	administrator.post("/admin/users/{id}/enable", a.order(admin.Enable), reasonDraft("enable"), isAct)
	administrator.get("/admin/users/{id}/role", a.showOrder(admin.SetRole), nav("admin"))
	administrator.post("/admin/users/{id}/role", a.order(admin.SetRole), reasonDraft("role", "role"), isAct)
	administrator.get("/admin/users/{id}/reset", a.showOrder(admin.StartReset), nav("admin"))
	administrator.post("/admin/users/{id}/reset", a.order(admin.StartReset), reasonDraft("reset"), isAct)
	administrator.get("/admin/users/{id}/remove-factors", a.showOrder(admin.RemoveFactors), nav("admin"))
	administrator.post("/admin/users/{id}/remove-factors", a.order(admin.RemoveFactors), reasonDraft("remove-factors"), isAct)
	administrator.get("/admin/sessions/end-all", a.showOrder(admin.EndEverybody), nav("admin"))
	administrator.post("/admin/sessions/end-all", a.order(admin.EndEverybody), reasonDraft("end-all"), isAct)

	if a.Extend != nil {
		a.Extend(a.extension(map[string]group{
			"everybody": everybody, "signed in": signedIn, "re-authenticated": reauthenticated,
			"administrator": administrator,
		}))
	}
	return r
}

// demoRoutes are those of a portal that offers the demo.
func (a *app) demoRoutes(everybody, emailed, signedIn group) {
	everybody.post("/demo", a.startDemo, on("/"), isAct, limits(guard.Demos))
	emailed.get(phonePage+"{token}", a.showPhone)
	emailed.post(phonePage+"{token}", a.openPhone, isAct, limits())
	emailed.post("/demo/back", a.goBack, on("/"), isAct, limits())
	inDemo := signedIn.signedIn(a.requireDemo)
	inDemo.get(mailPage, a.demoMail, nav(none))
	inDemo.get(scenePage+"{scene}", a.showScene, nav(none))
	inDemo.post(scenePage+"{scene}", a.beginScene, noDraft, isAct)
	inDemo.get(scenePage+demo.SceneWarning, a.showScene, nav(none), readOnly)
	inDemo.post(scenePage+demo.SceneWarning, a.beginScene, noDraft, isAct, readOnly)
	inDemo.get(scenePage+"{scene}/stage", a.sceneStage, nav(none), notReturned, readOnly)
}
