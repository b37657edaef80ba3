package handlers

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/lab"
)

// hostile is what clients may write into names, device strings, searches and emails.
var hostile = []string{
	`<img src=x onerror=1>"'{{.}}`,
	strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 6)[:200],
	"\u202Etxt.exe\u2066 اسم طويل بالعربية \u2069 שלום",
	`javascript:alert(1)`,
	`" autofocus onfocus="x`,
}

// A sample is a page with data, for tests and for looking at.
type sample struct {
	name string
	view view
}

// samples returns every page with the data of an ordinary day, and then with nothing and with hostile text in every
// string.
func samples(now time.Time) []sample {
	all := ordinary(now)
	for _, v := range views {
		name := strings.TrimSuffix(v.page(), ".html")
		empty := reflect.New(reflect.TypeOf(v).Elem())
		all = append(all, sample{name + "-empty", empty.Interface().(view)})
		for i, text := range hostile {
			v := reflect.New(reflect.TypeOf(v).Elem())
			fill(v.Elem(), text, now)
			all = append(all, sample{fmt.Sprintf("%s-hostile-%d", name, i), v.Interface().(view)})
		}
	}
	return all
}

// fill puts the text into every string below v and one entry into every list. Public handles, icons and field names
// are ours, and handles differ.
func fill(v reflect.Value, text string, now time.Time) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(now))
			return
		}
		for field, f := range v.Fields() {
			switch field.Name {
			case "Handle":
				f.SetString(fmt.Sprintf("h%x", f.UnsafeAddr()))
			case "Icon":
				f.SetString("globe")
			case "Field": // the whole form
			default:
				fill(f, text, now)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, now)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text, now)
	case reflect.String:
		if v.Type() == reflect.TypeFor[template.HTML]() { // which is made with sentence
			text = string(sentence("%s", text))
		}
		if v.Type() == reflect.TypeFor[template.URL]() { // made by us
			text = "otpauth://totp/Gatehouse"
		}
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(2)
	}
}

func ordinary(now time.Time) []sample {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	marta := &signedInView{
		Name: "Marta Reis", Email: "marta@example.org", Initials: "MR", Handle: "h0", User: "u0", IdleText: "30 minutes",
		IdleEnds: now.Add(30 * time.Minute), IdleMS: 1800000, AbsoluteMS: 68400000, WarnMS: 120000,
	}
	confirmed := *marta
	confirmed.ElevatedUntil = now.Add(12 * time.Minute)
	trying, changed := *marta, *marta
	trying.Demo = &demoView{Until: now.Add(time.Hour), Password: "abcde-fghij-klmno-pqrst"}
	changed.Demo = &demoView{Until: now.Add(time.Hour), Changed: true}
	current := identityView{Field: "current_password", Label: "Current password"}
	in := func(nav string) Layout { return Layout{Nav: nav, Path: "/account", SignedIn: marta} }
	flash := Layout{Nav: "sessions", Path: "/account/sessions", SignedIn: &confirmed,
		Flash: "Signed out Edge on Windows. It can no longer use your account."}

	this := sessionCard{Handle: "h1", Current: true, Icon: "laptop", Device: "Firefox on Linux", ActiveNow: true, LastSeen: now,
		Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0", SignedIn: ago(5 * time.Hour),
		Method: "password", IP: "203.0.113.24", Idle: progressBar{3, "29 min", now, "hour"}, Lifetime: progressBar{21, "19 h", now, "hour"}}
	phone := sessionCard{Handle: "h2", Icon: "smartphone", Device: "Safari on iPhone", Remembered: true, LastSeen: ago(49 * time.Hour),
		SignedIn: ago(20 * 24 * time.Hour), Method: "password", IP: "2001:db8:4c1::77", SignedInIP: "203.0.113.88",
		Idle: progressBar{29, "5 d", now, "end"}, Lifetime: progressBar{67, "10 d", now, "end"}}
	doubtful := sessionCard{Handle: "h3", Icon: "monitor", Device: "Chrome on Windows", LastSeen: ago(24 * time.Minute),
		Flag: "A cookie that this session had replaced was used again.", Asks: true, SignedIn: ago(23 * time.Hour), Method: "password",
		IP: "198.51.100.7", Idle: progressBar{80, "6 min", now, "hour"}, Lifetime: progressBar{96, "1 h", now, "hour"}}
	others, switched := []sessionCard{phone, doubtful}, phone
	switched.Handle, switched.Flag = "h4", "This session began in Safari on iPhone and was used from Safari on macOS. "+sameNetwork
	ended := []endedSessionCard{
		{"terminal", "curl", "203.0.113.9", ago(3 * time.Hour), "Signed out from another device"},
		{"laptop", "Edge on Windows", "203.0.113.24", ago(50 * time.Hour), "Not used for too long"},
	}
	events := []eventView{
		{Icon: "triangle-alert", Text: "A replaced cookie of a session was used again", At: ago(24 * time.Minute), From: "Chrome on Windows, 198.51.100.7", Risk: true, Ask: true},
		{Icon: "fingerprint", Text: "Confirmed it is you", At: ago(2 * time.Hour), From: "Firefox on Linux, 203.0.113.24", Risk: false},
		{Icon: "key-round", Text: "Signed in", At: ago(5 * time.Hour), From: "Firefox on Linux, 203.0.113.24", Risk: false},
	}
	trail := slices.Clone(events)
	trail[0].ID, trail[0].Session, trail[1].ID, trail[2].ID, trail[2].Session = "E1", "h3", "E2", "E3", "h1"
	timedOut := endedView{Reason: "idle", Heading: "For your security, we signed you out", At: ago(time.Minute),
		Text: "You did not use Gatehouse for 30 minutes, so the session ended at 14:36 UTC."}
	revoked := endedView{Reason: "revoked", Heading: "This device was signed out", At: ago(time.Minute), Worrying: true,
		Text: "Somebody using your account on Chrome on macOS signed this device out at 14:22 UTC."}
	demoOver := endedView{Reason: "absolute", Heading: "The demo is over", At: ago(time.Minute), Demo: true,
		Text: "It lasted 2 hours. The account and everything in it are deleted. You can start another on our start page."}
	signIn := signInView{IdleText: "30 minutes", LifetimeText: "24 hours",
		RememberText: "7 days without use, or 30 days in all"}
	wrong, returning := signIn, signIn
	wrong.Email, wrong.Next, wrong.Remember = "marta@example.org", "/account/sessions", true
	wrong.Problems = problems{{"password", "The address or the password is not right."}}
	returning.Again = true
	returning.Ended, returning.Confirmed, returning.CookieRefused, returning.Unlock = &revoked, true, true, "unlock-key"
	hall := billView{"Hall", "12.00 EUR", "Gatehouse Demo Ltd", "Test Visa ending 4242", "Marta Reis", "4 Lantern Street\nLisbon"}
	payments := []paymentView{
		{Order: "AAAA", Bill: hall, Paid: true, ConfirmedAt: ago(time.Minute), SettledAt: now},
		{Order: "BBBB", Bill: hall, Declined: true, ConfirmedAt: ago(time.Hour), SettledAt: now},
		{Order: "CCCC", Bill: hall, Pending: true, ConfirmedAt: ago(time.Minute)},
	}

	seen := lab.Facts{Victim: "vera@x.example", Attacker: "mallory@x.example", Password: "mine", VictimsPassword: "hers", Cookie: "session-x", Copied: "session-x=AAAA",
		Heard: []string{"A script said so."}, Guesses: []string{"summer1", "winter1"}, URL: "http://127.0.0.1:9/x", Until: now}
	sent := []lab.Exchange{{Who: "you", Line: "GET /account", Request: "Cookie: session-x=AAAA", Answer: "200 OK", Status: 200}, {Who: "the victim", Line: "POST /login", Answer: "303", Status: 303}}
	return []sample{
		{"landing", &landingView{}},
		{"landing-demo", &landingView{Demo: true}},
		{"source", &sourceView{}},
		{"landing-signed-in", &landingView{Layout: in("")}},
		{"signup", &signUpView{MinLength: 15, MaxLength: 128}},
		{"signup-wrong", &signUpView{MinLength: 15, MaxLength: 128, Name: "Marta", Email: "marta@", Problems: problems{
			{"email", "Write the address in full, like name@example.org."}, {"password", "Use at least 15 characters."}}}},
		{"signup-sent", &signUpSentView{DevMail: true}},
		{"confirm", &confirmView{Email: "marta@example.org", AskedAt: ago(time.Minute), Device: "Firefox on Linux"}},
		{"learn", &learnView{Parts: []partView{{"What a session is", []lessonLine{{"the-wristband", "The wristband", "What a session is."}}}}}},
		{"lesson", &lessonView{Slug: "the-wristband"}},
		{"lesson-last", &lessonView{Layout: in("learn"), Slug: "a-regular-audit"}},
		{"learn-map", &learnMapView{}},
		{"login", &signIn},
		{"login-wrong", &wrong},
		{"login-returning", &returning},
		{"signed-out", &signedOutView{Ended: timedOut}},
		{"signed-out-revoked", &signedOutView{Ended: revoked}},
		{"signed-out-demo", &signedOutView{Ended: demoOver}},
		{"reauth", &reauthView{Layout: in(""), Next: "/account", Purpose: "Sign out Chrome on Windows", WindowText: "15 minutes"}},
		{"reauth-held", &reauthView{Layout: in(""), Next: "/account/profile?held=AAAA", Cancel: "/account",
			Purpose: "Save your profile", DraftUntil: now.Add(10 * time.Minute), WindowText: "15 minutes"}},
		{"reauth-wrong", &reauthView{Layout: in(""), WindowText: "15 minutes",
			Identity: asked(problem{"password", "This password is not right."})}},
		{"reauth-changed", &reauthView{Layout: in(""), Next: "/account", WindowText: "15 minutes",
			Changed: "This session was used from another browser, Firefox on Linux, and another network, 198.51.100.0/24."}},
		{"overview-marked", &overviewView{Layout: in("overview"), Session: this, Others: 2, Asking: []sessionCard{doubtful}, GoodToKnow: []sessionCard{switched}}},
		{"overview-securing", &overviewView{Layout: in("overview"), Session: this, Securing: ago(time.Hour)}},
		{"overview-advice", &overviewView{Layout: in("overview"), Session: this, PasswordChanged: ago(400 * 24 * time.Hour), Recommendations: []recommendation{
			{"history", "1 other session has not been used for 3 days or more.", "/account/sessions", "Sign out what you do not need"}}}},
		{"overview", &overviewView{Layout: in("overview"), Session: this, Others: 2, PasswordChanged: ago(90 * 24 * time.Hour),
			Recent: events, Basket: "Team"}},
		{"overview-second", &overviewView{Layout: in("overview"), Session: this, PasswordChanged: now, App: true}},
		{"overview-passkey", &overviewView{Layout: in("overview"), Session: this, PasswordChanged: now, Passkeys: true}},
		{"overview-demo", &overviewView{Layout: Layout{Nav: "overview", Path: "/account", SignedIn: &trying}, Session: this, Others: 2,
			PasswordChanged: ago(21 * 24 * time.Hour), Recent: events}},
		{"security-demo", &securityView{Layout: Layout{Nav: "security", SignedIn: &changed}, PasswordChanged: now, Sessions: 3, WindowText: "15 minutes", MinLength: 15}},
		{"sessions", &sessionsView{flash, []sessionCard{doubtful}, this, []sessionCard{switched, phone}, ended, 20}},
		{"sessions-alone", &sessionsView{in("sessions"), nil, this, nil, nil, 20}},
		{"sessions-asking", &sessionsView{in("sessions"), []sessionCard{doubtful}, this, nil, nil, 20}},
		{"session-end", &endSessionView{flash, doubtful}},
		{"sessions-end-others", &endSessionsView{Layout: flash, Sessions: others}},
		{"sessions-end-all", &endSessionsView{Layout: in("sessions"), All: true, Stale: true,
			Sessions: []sessionCard{this, phone, doubtful}, Identity: asked(problem{"password", "This password is not right."})}},
		{"security", &securityView{Layout: flash, PasswordChanged: ago(90 * 24 * time.Hour), Sessions: 3, WindowText: "15 minutes", MinLength: 15}},
		{"security-second", &securityView{Layout: in("security"), PasswordChanged: ago(90 * 24 * time.Hour), Sessions: 1, WindowText: "15 minutes", MinLength: 15,
			SecondFactor: true, App: ago(time.Hour), Codes: 7, OfCodes: 10, Problems: problems{{"", "This is your last."}}}},
		{"security-few-codes", &securityView{Layout: in("security"), PasswordChanged: now, Sessions: 1, WindowText: "15 minutes", MinLength: 15,
			Passkeys: 1, SecondFactor: true, Codes: 3, OfCodes: 10}},
		{"security-lacking", &securityView{Layout: in("security"), Sessions: 1, WindowText: "15 minutes", MinLength: 15, Lacking: true}},
		{"totp", &totpView{Layout: in("security"), First: true, Others: 1}},
		{"totp-waiting", &totpView{Layout: in("security"), Secret: "ABCD EFGH", Picture: picture{29, "M4 4h1v1h-1z"}, Until: now.Add(10 * time.Minute),
			Problems: problems{{"code", "That is not the code."}}}},
		{"totp-enrolled", &totpView{Layout: in("security"), Since: ago(time.Hour)}},
		{"totp-kept", &totpView{Layout: in("security"), Since: ago(time.Hour), Keep: true}},
		{"recovery-codes", &recoveryCodesView{Layout: flash, Codes: []string{"abcd-efgh", "ijkl-mnop"}, Until: time.Now().Add(recoveryCodesLife), Text: "abcd-efgh\nijkl-mnop", Left: 10, Of: 10, SecondFactor: true}},
		{"recovery-codes-later", &recoveryCodesView{Layout: in("security"), Left: 7, Of: 10, SecondFactor: true, Others: 2}},
		{"recovery-codes-none", &recoveryCodesView{Layout: in("security"), Of: 10}},
		{"verify", &verifyView{Email: "marta@example.org", App: true, Left: 5}},
		{"verify-passkey", &verifyView{Left: 5, Passkey: &passkeySignInView{Next: "/account", Remember: true}}},
		{"verify-wrong", &verifyView{Left: 1, Problems: problems{{"code", "That code is not right."}}}},
		{"password", &passwordView{Layout: in("security"), MinLength: 15, MaxLength: 128, Others: 2}},
		{"password-wrong", &passwordView{Layout: in("security"), MinLength: 15, MaxLength: 128, Identity: current, Problems: problems{
			{"current_password", "This is not your password."}, {"password", "Use at least 15 characters."}}}},
		{"passkeys", &passkeysView{Layout: Layout{Nav: "security", SignedIn: &confirmed}, Name: "Firefox on Linux", MaxName: 60, Others: 2,
			Passkeys: []passkeyView{{"P1", "Work laptop", ago(90 * 24 * time.Hour), ago(time.Hour), false}, {"P2", "Phone", ago(time.Hour), time.Time{}, true}}}},
		{"passkeys-stale", &passkeysView{Layout: in("security"), Stale: true, Others: 2}},
		{"passkeys-full", &passkeysView{Layout: in("security"), Full: true, Problems: problems{{"", "You have as many passkeys as an account can have."}}}},
		{"passkey", &onePasskeyView{Layout: in("security"), Passkey: passkeyView{ID: "P1", Name: "Work laptop", CreatedAt: now}, Name: "Work laptop", Last: true, Others: 2}},
		{"passkey-wrong", &onePasskeyView{Layout: in("security"), Passkey: passkeyView{ID: "P1", Name: "Work laptop", CreatedAt: now}, Problems: problems{
			{"name", "Give the passkey a name that you will recognise."}}}},
		{"reauth-passkey", &reauthView{Layout: in(""), Next: "/account", WindowText: "15 minutes",
			Identity: identityView{Field: "password", Label: "Password", Passkey: true}}},
		{"activity", &activityView{Layout: in("activity"), First: true, Older: "/account/activity?before=1", Days: []dayView{
			{now, trail[:1]}, {ago(24 * time.Hour), trail[1:]}},
			Kinds: []choice{{"", "Everything"}, {"signin", "Signing in and out"}, {"security", "Security"}}}},
		{"recognise-here", &recogniseView{Layout: in("activity"), Event: events[0], Here: true, Session: &this, Answered: true}},
		{"recognise-elsewhere", &recogniseView{Layout: in("activity"), Event: events[0], Asks: true, Flag: doubtful.Flag, IP: "198.51.100.7", Browser: "Edge on Windows",
			Network: "198.51.100.0/24", NewBrowser: true, NewNetwork: true, Usual: []usualClient{{"Firefox on Linux", "203.0.113.0/24", 12, now}},
			Session: &doubtful, Seen: "E1", About: "h3", Learns: "Edge on Windows"}},
		{"recognise-over", &recogniseView{Layout: in("activity"), Event: events[0], Over: true, Seen: "E1"}},
		{"secure", &secureView{Layout: in("sessions"), Ended: ago(time.Hour), Device: "Edge on Windows"}},
		{"secure-begun", &secureView{Layout: in("sessions"), Begun: ago(time.Minute), Session: "h3", Device: "Edge on Windows", Others: 2, Next: 1}},
		{"secure-here", &secureView{Layout: in("sessions"), Begun: ago(time.Minute), Device: "Firefox on Linux", Here: true, Others: 1, Next: 2, App: true, Passkeys: 1, CodesLeft: 9}},
		{"secure-last", &secureView{Layout: in("sessions"), Begun: ago(time.Minute), SessionDone: true, PasswordDone: true, OthersDone: true, Next: 4}},
		{"inspector", &inspectorView{Layout: in("sessions"), Session: this, Name: "__Host-id", Cookie: []fact{{"Secure", "Sent over https alone."}},
			Hash: "9f86d081\u2026", RotatedAt: ago(5 * time.Hour), Rotated: "because you signed in", IPNow: "203.0.113.24", IPThen: "198.51.100.7", Window: "15 minutes",
			Idle: clockView{"29 minutes 10 seconds", "30 minutes", now.Add(29 * time.Minute)}, Row: []column{{sessionColumns[0], "h1", time.Time{}}, {sessionColumns[4], "", now}, {sessionColumns[15], "", time.Time{}}},
			Timeline: timelineView{208, 229, 21, ago(5 * time.Hour), now.Add(29 * time.Minute), now.Add(19 * time.Hour)}, Before: "2c26b46b\u2026", Reauthed: true,
			Lifetime: clockView{"19 hours", "24 hours", now.Add(19 * time.Hour)}, Bag: []bagEntry{{Name: "basket.plan", Bytes: 4}}}},
		{"activity-none", &activityView{Layout: in("activity"), Query: "curl", Kinds: []choice{{"", "Everything"}}}},
		{"plans", &plansView{Layout: in("plans"), Chosen: "hall"}},
		{"plans-away", &plansView{Unavailable: true, Problems: problems{{"plan", "There is no such plan."}}}},
		{"profile", &profileView{Layout: in("profile"), Name: "Marta Reis", Since: ago(90 * 24 * time.Hour)}},
		{"profile-restored", &profileView{Layout: in("profile"), Name: "Marta R.", DraftID: "AAAA", Since: ago(90 * 24 * time.Hour),
			Restored: &restoredView{SignedOut: true}}},
		{"profile-wrong", &profileView{Layout: in("profile"), Since: ago(90 * 24 * time.Hour), Problems: problems{
			{"name", "Tell us what to call you."}}}},
		{"forgot", &forgotView{}},
		{"forgot-undone", &forgotView{Undone: true}},
		{"forgot-wrong", &forgotView{Layout: in(""), Email: "marta@", Problems: problems{{"email", "Write an address like name@example.com."}}}},
		{"forgot-sent", &forgotSentView{ValidText: "30 minutes", DevMail: true}},
		{"reset", &resetView{Email: "marta@example.org", Action: "/password/reset", MinLength: 15, MaxLength: 128}},
		{"reset-wrong", &resetView{Email: "marta@example.org", Action: "/password/reset", MinLength: 15, MaxLength: 128,
			Problems: problems{{"password", "Use at least 15 characters."}}}},
		{"reset-another", &resetView{Email: "marta@example.org", Another: true, Action: "/password/reset", MinLength: 15, MaxLength: 128}},
		{"link-sign-up", &linkOverView{Purpose: account.PurposeSignUp, State: linkUsed, User: "U2", Email: "marta@example.org", At: now}},
		{"link-sign-up-own", &linkOverView{Layout: in(""), Purpose: account.PurposeSignUp, State: linkUsed, User: in("").SignedIn.User, Email: "marta@example.org", At: now}},
		{"link-sign-up-replaced", &linkOverView{Purpose: account.PurposeSignUp, State: linkReplaced}},
		{"link-sign-up-expired", &linkOverView{Purpose: account.PurposeSignUp, State: linkExpired, At: now}},
		{"link-reset", &linkOverView{Purpose: account.PurposeReset, State: linkUsed, User: "U2", Email: "marta@example.org", At: now}},
		{"link-reset-signed-in", &linkOverView{Layout: in(""), Purpose: account.PurposeReset, State: linkUsed, User: "U2", Email: "marta@example.org", At: now}},
		{"link-reset-replaced", &linkOverView{Layout: in(""), Purpose: account.PurposeReset, State: linkReplaced}},
		{"link-reset-unknown", &linkOverView{Purpose: account.PurposeReset, State: linkUnknown}},
		{"link-email", &linkOverView{Purpose: account.PurposeEmail, State: linkUsed, User: "U2", Email: "m.reis@example.net", At: now}},
		{"link-email-another", &linkOverView{Layout: in("profile"), Purpose: account.PurposeEmail, State: linkOfOthers, Email: "m.reis@example.net"}},
		{"link-email-expired", &linkOverView{Layout: in("profile"), Purpose: account.PurposeEmail, State: linkExpired, At: now}},
		{"link-undo", &linkOverView{Purpose: account.PurposeEmailUndo, State: linkUsed, User: "U2", Email: "marta@example.org", At: now}},
		{"link-undo-replaced", &linkOverView{Purpose: account.PurposeEmailUndo, State: linkReplaced}},
		{"email", &emailView{Layout: in("profile"), ValidText: "24 hours", UndoText: "7 days"}},
		{"email-waiting", &emailView{Layout: in("profile"), Pending: "m.reis@example.net", PendingUntil: now.Add(time.Hour), ValidText: "24 hours", UndoText: "7 days"}},
		{"email-restored", &emailView{Layout: in("profile"), Email: "m.reis@example.net", DraftID: "AAAA", Restored: &restoredView{}}},
		{"email-demo", &emailView{Layout: in("profile"), Demo: true, Problems: problems{{"email", "Nothing leaves a demo."}}}},
		{"email-confirm", &emailConfirmView{Layout: in("profile"), Email: "m.reis@example.net", Others: 2}},
		{"email-confirm-taken", &emailConfirmView{Layout: in("profile"), Taken: true}},
		{"email-undo", &emailUndoView{Email: "marta@example.org", Confirmed: true}},
		{"email-undo-early", &emailUndoView{Email: "marta@example.org"}},
		{"email-undo-taken", &emailUndoView{Email: "marta@example.org", Taken: true}},
		{"delete", &deleteView{Layout: in("profile"), GraceText: "14 days", Plan: "Hall", Sessions: 3, Identity: asked()}},
		{"delete-wrong", &deleteView{Layout: in("profile"), GraceText: "14 days", Sessions: 1, Identity: asked(),
			Problems: problems{{"sure", "Tick the box if this is what you want."}}}},
		{"delete-asked", &deleteView{Layout: in("profile"), At: now.Add(13 * 24 * time.Hour)}},
		{"export", &exportView{Layout: in("profile"), Identity: asked()}},
		{"billing", &billingView{Layout: in("billing"), Plan: "Hall", Since: now, Method: &hall, Basket: "Keep", Payments: payments}},
		{"billing-new", &billingView{Layout: in("billing")}},
		{"checkout", &checkoutView{Layout: in("billing"), Bill: hall, Shown: []shownField{{"amount", "1200"}}, PendingOrder: "AAAA",
			Problems: problems{{"password", "That is not your password."}}, Identity: asked()}},
		{"checkout-changed", &checkoutView{Layout: in("billing"), Identity: asked(), Bill: hall, Changed: true, Problems: problems{{"", "The amount is 12.00 EUR."}}}},
		{"checkout-none", &checkoutView{Layout: in("billing"), Empty: true}},
		{"receipt", &receiptView{in("billing"), payments[0], "hall"}},
		{"receipt-declined", &receiptView{in("billing"), payments[1], "hall"}},
		{"receipt-pending", &receiptView{in("billing"), payments[2], "hall"}},
		{"payment-method", &paymentMethodView{Layout: in("billing"), Choices: []instrumentView{
			{"visa-4242", "Test Visa ending 4242", "Pays."}, {"visa-0119", "Test Visa ending 0119", "Does not answer in time."}},
			Chosen: "visa-4242", Name: "Marta Reis", Address: "4 Lantern Street\nLisbon", MaxName: 100, MaxAddress: 300}},
		{"payment-method-wrong", &paymentMethodView{Layout: in("billing"), Next: "/billing/checkout", Choices: []instrumentView{
			{"visa-4242", "Test Visa ending 4242", "Pays."}}, Problems: problems{
			{"instrument", "Choose what to pay with."}, {"name", "Enter a name."}, {"address", "Too long."}}}},
		{"labs", &labsView{Labs: []labLine{{"fixation", "Fixation", "Open the account.", true}, {"csrf", "Forged requests", "Change it.", false}}, Solved: 1, Name: "Ada"}},
		{"labs-wrong", &labsView{Layout: in("learn"), Problems: problems{{"name", "Use at most 40 characters."}}}},
		{"lab", &labView{Lesson: "fixation"}},
		{"lab-begun", &labView{Layout: in("learn"), Lesson: "fixation", Begun: true, Version: lab.WithMistake, Facts: seen, Log: sent,
			Attack: lab.Attack{Method: "POST", Path: "/account"}, Problems: problems{{"given-plant", "Write one cookie."}, {"path", "Write a path."}, {"version", "Choose one."}}}},
		{"lab-solved", &labView{Layout: in("learn"), Lesson: "csrf", Begun: true, Version: "sound", Facts: seen, SolvedAt: now,
			Log: sent, Outcome: &lab.Outcome{Refused: true, Says: "It was refused.", Sent: sent}}},
		{"lab-not-refused", &labView{Lesson: "csrf", Begun: true, Before: true, Outcome: &lab.Outcome{}}},
		{"class", &classView{Problems: problems{{"code", "That is not the code."}}}},
		{"class-open", &classView{Layout: in("learn"), Open: true, Labs: 13, People: []pupilView{{"A", "Ada", []string{"Fixation", "Once"}}, {"B", "", nil}}}},
		{"class-empty", &classView{Open: true, Labs: 13}},
		{"error-404", &errorView{Layout: in(""), Status: 404, Heading: "There is no such page",
			Text: "The address may be mistyped, or what was here has gone."}},
		{"error-409", &errorView{Status: 409, Heading: "This page was for another account", Text: "Nothing was changed.",
			Next: wayOn{"/password/reset?account=U2", "Go on with the other account"}}},
		{"error-500", &errorView{Status: 500, Heading: "Something went wrong",
			Text: "It is our fault, not yours. Nothing you sent was kept.", Reference: "7F3AQ2"}},
		{"dev-mail", &devMailView{Emails: []devEmailView{{"L1", "marta@example.org", "Confirm your email address",
			"Hello Marta,\n\nfollow this link:\nhttp://localhost:8080/email/confirm/AAAA\n", ago(time.Minute),
			[]string{"http://localhost:8080/email/confirm/AAAA"}}}}},
	}
}

// asked is a form that asks for the password.
func asked(wrong ...problem) identityView {
	return identityView{Field: "password", Label: "Password", Problems: wrong}
}
