package handlers

import (
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/ui"
	"example.com/gatehouse/webtest"
)

var (
	typesPassword = []string{"password", "{password}"}
	typesSignIn   = []string{"email", "{email}", "password", "{password}"}
	typesNew      = []string{"password", otherPassword}
)

// situations are what a route is asked in besides the plain one: whatever changes its answer. A route with a parameter
// has one here by which the parameter is good, and a POST that changes something one in which it does.
var situations = map[string][]situation{
	"GET /account/activity/{id}/recognise":  {{words: "of the account", before: withWrongPassword}},
	"POST /account/activity/{id}/recognise": {{words: "of the account", before: withWrongPassword}},
	"GET /account/secure":                   {{words: "begun", here: beginsSecuring}},
	"POST /account/secure/done":             {{words: "begun", here: beginsSecuring}},
	"POST /account/delete":                  {{words: "filled in", typed: []string{"sure", "on", "password", "{password}"}, also: []string{"demo"}}},
	"GET /account/email":                    {{words: "while a change waits for its email", here: afterEmail}},
	"POST /account/email":                   {{words: "filled in", typed: []string{"email", "{another email}"}, also: []string{"demo"}}},
	"GET /account/email/confirm":            {{words: "after the link of the email", before: withNewEmail, here: afterLink("/account/email/confirm/")}},
	"POST /account/email/confirm":           {{words: "after the link of the email", before: withNewEmail, here: afterLink("/account/email/confirm/")}},
	"GET /account/email/confirm/{token}":    {{words: "of an email", before: withNewEmail}},
	"POST /account/export":                  {{words: "filled in", typed: typesPassword}},
	"POST /account/profile":                 {{words: "filled in", typed: []string{"name", "Ada"}, also: []string{"demo"}}},

	"GET /account/security/passkeys":              {{words: "with a passkey", before: withPasskey}},
	"POST /account/security/passkeys/finish":      {{words: "filled in", here: makesPasskey}},
	"GET /account/security/passkeys/{id}":         {{words: "of the account", before: withPasskey}},
	"POST /account/security/passkeys/{id}/remove": {{words: "of the account", before: withPasskey}},
	"POST /account/security/passkeys/{id}/rename": {
		{words: "of the account, filled in", before: withPasskey, typed: []string{"name", "Phone"}},
	},
	"POST /account/security/password": {
		{words: "filled in", typed: []string{"current_password", "{password}", "password", otherPassword}, also: []string{"demo"}},
	},
	"GET /account/security/recovery-codes": {
		{words: "with a second step", before: withApp},
		{words: "with codes made just now", before: withApp, here: afterCodes},
	},
	"POST /account/security/recovery-codes":          {{words: "with a second step", before: withApp}},
	"POST /account/security/recovery-codes/download": {{words: "filled in", before: withApp, here: typesCodes}},
	"GET /account/security/totp": {
		{words: "while a secret waits for its first code", here: afterSecret},
		{words: "with an app", before: withApp},
	},
	"POST /account/security/totp": {
		{words: "to begin", typed: []string{"begin", "yes"}},
		{words: "with the first code", here: afterSecret},
	},
	"POST /account/security/totp/remove": {{words: "with an app", before: withApp}},

	"GET /account/sessions":                     {{words: "with a flagged session", before: withFlaggedSession, also: []string{"flagged", "demo"}}},
	"GET /account/sessions/{handle}/end":        {{words: "of the account", before: withAnotherSession}},
	"POST /account/sessions/{handle}/end":       {{words: "of the account", before: withAnotherSession}},
	"GET /account/sessions/{handle}/recognise":  {{words: "of the account, flagged", before: withFlaggedSession}},
	"POST /account/sessions/{handle}/recognise": {{words: "of the account, flagged", before: withFlaggedSession}},
	"POST /account/sessions/end-all":            {{words: "filled in", typed: typesPassword}},
	"POST /account/sessions/end-others": {
		{words: "with another session", before: withAnotherSession},
		{words: "with another session, filled in", before: withAnotherSession, typed: typesPassword},
	},

	"GET /admin/users/{id}":                        {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"GET /admin/users/{id}/reveal":                 {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/reveal":                {{words: "of somebody, filled in", before: withUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"GET /admin/users/{id}/sessions/{handle}/end":  {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/sessions/{handle}/end": {{words: "of somebody, filled in", before: withUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"GET /admin/users/{id}/end-sessions":           {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/end-sessions":          {{words: "of somebody, filled in", before: withUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"GET /admin/users/{id}/disable":                {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/disable":               {{words: "of somebody, filled in", before: withUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"GET /admin/users/{id}/enable":                 {{words: "of somebody", before: withDisabledUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/enable":                {{words: "of somebody, filled in", before: withDisabledUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"GET /admin/users/{id}/role":                   {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/role":                  {{words: "of somebody, filled in", before: withUser, typed: []string{"reason", "She asked.", "role", "support"}, also: []string{"admin"}}},
	"GET /admin/users/{id}/reset":                  {{words: "of somebody", before: withUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/reset":                 {{words: "of somebody, filled in", before: withUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"GET /admin/users/{id}/remove-factors":         {{words: "of somebody", before: withEnrolledUser, also: []string{"admin"}}},
	"POST /admin/users/{id}/remove-factors":        {{words: "of somebody, filled in", before: withEnrolledUser, typed: []string{"reason", "She asked."}, also: []string{"admin"}}},
	"POST /admin/sessions/end-all":                 {{words: "filled in", typed: []string{"reason", "A stolen backup."}, also: []string{"admin"}}},

	"POST /basket": {{words: "filled in", typed: []string{"plan", "hall"}}},
	"GET /billing": {{words: "after a payment", before: withPayment("visa-4242")}},
	"GET /billing/checkout": {
		{words: "with a plan", here: afterPlan},
		{words: "with a plan and a payment method", before: withMethod, here: afterPlan},
	},
	"POST /billing/checkout": {
		{words: "with a plan and a payment method", before: withMethod, here: afterPlan},
		{words: "with a plan and a payment method, filled in", before: withMethod, here: afterPlan, typed: typesPassword},
	},
	"POST /billing/payment-method": {
		{words: "filled in", typed: []string{"instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane"}},
	},
	"GET /billing/receipts/{id}": {
		{words: "of a payment", before: withPayment("visa-4242")},
		{words: "of a payment that was declined", before: withPayment("mastercard-0002")},
	},

	"GET /demo/phone/{token}":       {{words: "of a demo", before: withPhoneLink}, {words: "of a demo, used", before: withUsedPhoneLink}},
	"POST /demo/phone/{token}":      {{words: "of a demo", before: withPhoneLink}},
	"GET /demo/scene/{scene}":       {{words: "of a thief", before: withScene(demo.SceneThief), also: []string{"demo"}}},
	"POST /demo/scene/{scene}":      {{words: "of a thief", before: withScene(demo.SceneThief), also: []string{"demo"}}},
	"GET /demo/scene/{scene}/stage": {{words: "of a thief", before: withScene(demo.SceneThief), also: []string{"demo"}}},
	"POST /demo/back":               {{words: "after signing out", here: afterLogout, also: []string{"demo"}}},
	"GET /dev/mail/{id}":            {{words: "of an email", before: withEmail}},
	"GET /email/confirm":            {{words: "after the link of the email", before: withSignUp, here: afterLink("/email/confirm/")}},
	"POST /email/confirm":           {{words: "after the link of the email", before: withSignUp, here: afterLink("/email/confirm/")}},
	"GET /email/undo":               {{words: "after the link of the email", before: withUndo, here: afterLink("/email/undo/")}},
	"POST /email/undo":              {{words: "after the link of the email", before: withUndo, here: afterLink("/email/undo/")}},
	"GET /email/confirm/{token}":    {{words: "of an email", before: withSignUp}, {words: "of an email, used", before: withUsedSignUp}},
	"POST /email/confirm/{token}":   {{words: "of an email", before: withSignUp}},
	"GET /email/undo/{token}":       {{words: "of an email", before: withUndo}},
	"POST /email/undo/{token}":      {{words: "of an email", before: withUndo}},

	"GET /learn/{lesson}": {{words: "of the list", before: func(v *visit) { v.param = "the-wristband" }}},

	"GET /login": {{words: "on the way to a page", query: "?next=%2Faccount%2Fsessions"}},
	"POST /login": {
		{words: "filled in", typed: typesSignIn},
		{words: "filled in, to be kept signed in", typed: append(typesSignIn, "remember", "on", "next", "/plans"), also: []string{"demo"}},
		{words: "filled in, with a second step", before: withApp, typed: typesSignIn},
	},
	"POST /login/passkey/finish": {{words: "by a passkey", before: withPasskey, send: signsInByPasskey}},
	"GET /login/verify":          {{words: "after the password", before: withApp, here: afterPassword}},
	"POST /login/verify": {
		{words: "after the password", before: withApp, here: afterPassword},
		{words: "after the password, filled in", before: withApp, here: afterPassword, typed: []string{"code", "{code}"}},
	},
	"POST /logout": {{words: "between the steps of a sign-in", before: withApp, here: afterPassword}},

	"POST /password/forgot":       {{words: "filled in", typed: []string{"email", "{email}"}}},
	"GET /password/reset":         {{words: "after the link of the email", before: withReset, here: afterLink("/password/reset/")}},
	"GET /password/reset/{token}": {{words: "of an email", before: withReset}, {words: "of an email that a newer one replaced", before: withTwoResets}},
	"POST /password/reset": {
		{words: "after the link of the email", before: withReset, here: afterLink("/password/reset/")},
		{words: "after the link of the email, filled in", before: withReset, here: afterLink("/password/reset/"), typed: typesNew},
	},
	"POST /password/reset/{token}": {
		{words: "of an email", before: withReset},
		{words: "of an email, filled in", before: withReset, typed: typesNew},
	},

	"POST /preferences": {{words: "filled in", typed: []string{"theme", "dark"}}},
	"GET /reauth":       {{words: "with a second step", before: withApp}, {words: "with a passkey", before: withPasskey}},
	"POST /reauth": {
		{words: "filled in", typed: append(typesPassword, "next", "/account/sessions")},
		{words: "by a passkey", before: withPasskey, here: confirmsByPasskey},
	},
	"POST /reauth/passkey/begin": {{words: "by a script, with a passkey", before: withPasskey, send: asScript}},
	"POST /session/extend":       {{words: "by a script", send: asScript}},
	"GET /signed-out":            {{words: "after signing out", here: afterLogout}},
	"POST /signup":               {{words: "filled in", typed: []string{"name", "Ada", "email", "{another email}", "password", otherPassword}}},
	"GET /static/*": {{words: "by its hashed name", send: func(v *visit, _ string) *webtest.Answer {
		return v.b.Get(ui.Asset("app.css"))
	}}},
}
