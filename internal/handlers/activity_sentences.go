package handlers

import (
	"maps"
	"slices"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

type eventView struct {
	Icon string // name in the icon sprite
	Text string // one plain sentence
	At   time.Time
	From string // "Firefox on Windows, 203.0.113.4"; may be ""
	Risk bool   // its owner is offered to say that it was not them
	Ask  bool   // and should answer: it may have been somebody else

	ID      string // where the line leads somewhere
	Session string // handle of the session it belongs to while that lives, else ""
}

type choice struct{ Value, Label string }

// sentences say each kind of event to its owner. What is missing here is for the log alone.
var sentences = map[audit.Kind]eventView{
	audit.LoginSuccess:          {Icon: "key-round", Text: "Signed in"},
	audit.LoginFail:             {Icon: "triangle-alert", Text: "A sign-in with a wrong password was refused", Risk: true},
	audit.LoginLock:             {Icon: "triangle-alert", Text: "Too many wrong passwords: sign-in was slowed down and an email sent", Risk: true},
	audit.LoginSuccessAfterFail: {Icon: "triangle-alert", Text: "Signed in after several attempts that were refused", Risk: true},
	audit.PasswordChange:        {Icon: "shield-check", Text: "Password changed", Risk: true},
	audit.PasswordChangeFail:    {Icon: "triangle-alert", Text: "A password change with a wrong current password was refused", Risk: true},
	audit.UserCreated:           {Icon: "user", Text: "Account created"},
	audit.SessionExpired:        {Icon: "log-out", Text: "Session ended"},
	audit.SessionAnswerLost:     {Icon: "refresh-cw", Text: "An answer did not reach the browser, so its session was not used"},
	audit.SessionTokenReused:    {Icon: "triangle-alert", Text: "A replaced cookie of a session was used again", Risk: true},
	audit.SessionFlagged:        {Icon: "triangle-alert", Text: "A session was used from another browser or network", Risk: true},
	audit.SessionRecognised:     {Icon: "circle-check", Text: "A flagged session was recognised"},
	audit.EventRecognised:       {Icon: "circle-check", Text: "An event was recognised"},
	audit.SecuringBegun:         {Icon: "shield-check", Text: "Began to secure the account"},
	audit.SecuringDone:          {Icon: "circle-check", Text: "Finished securing the account"},
	audit.DemoScene:             {Icon: "flask-conical", Text: "A scene of the guided demo began"},
	audit.ReauthSuccess:         {Icon: "fingerprint", Text: "Confirmed it is you"},
	audit.ReauthFail:            {Icon: "triangle-alert", Text: "A wrong password was given to confirm it is you", Risk: true},
	audit.SignUpAddressTaken:    {Icon: "info", Text: "Somebody tried to sign up with your address"},
	audit.ProfileChanged:        {Icon: "user", Text: "Name changed"},
	audit.PasskeyRenamed:        {Icon: "fingerprint", Text: "Passkey renamed"},
	audit.PasskeyCloned:         {Icon: "triangle-alert", Text: "A passkey that may have been copied was used", Risk: true},

	audit.MFARequired:       {Icon: "key-round", Text: "The password was right, and the second step was asked for"},
	audit.MFAFail:           {Icon: "triangle-alert", Text: "A wrong code was given after the right password", Risk: true},
	audit.MFAEnrolled:       {Icon: "shield-check", Text: "An authenticator app was set up", Risk: true},
	audit.MFARemoved:        {Icon: "triangle-alert", Text: "An authenticator app was removed", Risk: true},
	audit.RecoveryCodesMade: {Icon: "shield-check", Text: "Ten recovery codes were made", Risk: true},
	audit.RecoveryCodeUsed:  {Icon: "key-round", Text: "A recovery code was used", Risk: true},

	audit.PasswordResetRequested: {Icon: "key-round", Text: "An email was asked for because the password was forgotten", Risk: true},
	audit.EmailChangeRequested:   {Icon: "user", Text: "A change of address was asked for", Risk: true},
	audit.EmailChanged:           {Icon: "user", Text: "Address changed", Risk: true},
	audit.EmailChangeUndone:      {Icon: "triangle-alert", Text: "A change of address was stopped from the old address", Risk: true},
	audit.DeletionRequested:      {Icon: "triangle-alert", Text: "Deletion of the account asked for", Risk: true},
	audit.DeletionStopped:        {Icon: "circle-check", Text: "Deletion of the account stopped"},
	audit.SensitiveRead:          {Icon: "download", Text: "Everything about the account was downloaded", Risk: true},

	audit.Administered:        {Icon: "scan-search", Text: "Something was done by the people who run this portal"},
	audit.AuthorisationChange: {Icon: "scan-search", Text: "The role of the account changed"},

	audit.PaymentMethodChange: {Icon: "credit-card", Text: "Payment method changed", Risk: true},
	audit.PaymentMade:         {Icon: "receipt", Text: "Payment made", Risk: true},
	audit.PaymentDeclined:     {Icon: "receipt", Text: "Payment declined"},
	audit.PaymentConfirmFail:  {Icon: "triangle-alert", Text: "A payment with a wrong password was refused", Risk: true},
	audit.PlanStarted:         {Icon: "receipt", Text: "A plan that costs nothing was started"},
}

// reasonSentences are for the events that read otherwise for their reason.
var reasonSentences = map[string]map[audit.Kind]string{
	auth.PasskeyReason: {
		audit.LoginSuccess:       "Signed in with a passkey",
		audit.LoginFail:          "A sign-in with a passkey was refused",
		audit.ReauthFail:         "A passkey that was given to confirm it is you was refused",
		audit.PasswordChangeFail: "A password change with a passkey was refused",
		audit.PaymentConfirmFail: "A payment with a passkey was refused",
		audit.MFAEnrolled:        "A passkey was added",
		audit.MFARemoved:         "A passkey was removed",
	},
	"code": {
		audit.ReauthFail:         "A wrong code was given to confirm it is you",
		audit.PasswordChangeFail: "A password change with a wrong code was refused",
		audit.PaymentConfirmFail: "A payment with a wrong code was refused",
	},
	string(auth.MethodTOTP):         {audit.LoginSuccess: "Signed in with a password and a code"},
	string(auth.MethodDemoLink):     {audit.LoginSuccess: "Signed in with a link of this demo"},
	string(auth.MethodRecoveryCode): {audit.LoginSuccess: "Signed in with a password and a recovery code"},
	"operator":                      {audit.MFARemoved: "Every second step was removed by the people who run this portal"},
	"reset":                         {audit.PasswordChange: "Password set with a link from an email"},
}

var endSentences = map[session.Reason]string{
	session.ReasonIdle:            "A session ended because it was not used for too long",
	session.ReasonAbsolute:        "A session ended because it reached its absolute limit",
	session.ReasonSignedOut:       "Signed out",
	session.ReasonRevoked:         "A session was signed out from another device",
	session.ReasonPasswordChanged: "A session was ended by a password change",
	session.ReasonAdmin:           "A session was ended by an administrator",
	session.ReasonUnclaimed:       "A session ended because the answer that opened it never reached a browser",
	session.ReasonReplaced:        "The oldest session was ended to make room for a sign-in",
	session.ReasonClientChanged:   "A session was ended because it was used from another browser or network",
	session.ReasonAccountDisabled: "A session was ended because the account was switched off",
	session.ReasonAccountDeleted:  "A session was ended because the account is to be deleted",
}

// kindGroups are the filters of the activity page.
var kindGroups = map[string][]audit.Kind{
	"sign-ins": {
		audit.LoginSuccess, audit.LoginFail, audit.LoginLock, audit.LoginSuccessAfterFail, audit.PasskeyCloned, audit.MFARequired,
		audit.MFAFail, audit.RecoveryCodeUsed, audit.ReauthSuccess, audit.ReauthFail,
	},
	"sessions": {audit.SessionExpired, audit.SessionTokenReused, audit.SessionAnswerLost, audit.SessionFlagged, audit.SessionRecognised, audit.DemoScene},
	"account": {audit.UserCreated, audit.PasswordChange, audit.PasswordChangeFail, audit.SignUpAddressTaken, audit.ProfileChanged,
		audit.MFAEnrolled, audit.MFARemoved, audit.RecoveryCodesMade, audit.PasskeyRenamed,
		audit.PasswordResetRequested, audit.EmailChangeRequested, audit.EmailChanged, audit.EmailChangeUndone, audit.DeletionRequested,
		audit.DeletionStopped, audit.SensitiveRead, audit.EventRecognised, audit.SecuringBegun, audit.SecuringDone, audit.Administered, audit.AuthorisationChange},
	"payments": {audit.PaymentMethodChange, audit.PaymentMade, audit.PaymentDeclined, audit.PaymentConfirmFail, audit.PlanStarted},
}

var kindChoices = []choice{
	{"", "Everything"}, {"sign-ins", "Signing in"}, {"sessions", "Sessions and their ends"}, {"account", "Account and security"},
	{"payments", "Payments"},
}

// shownKinds is everything that has a sentence. A sign-in's session_created and a re-authentication's session_renewed
// would say the same thing twice.
var shownKinds = slices.Collect(maps.Keys(sentences))

// repeated says how many events the line stands for, "" for one alone.
func repeated(e audit.Event) string {
	if e.Count() == 1 {
		return ""
	}
	return ", " + count(e.Count(), "time") + " within a minute"
}

// eventLine is the event with the country of its address.
func (a *app) eventLine(e audit.Event) eventView {
	line := eventLine(e)
	if country := a.country(e.Client.IP); country != "" {
		line.From += ", " + country
	}
	return line
}

// eventLine is the event as its owner reads it.
func eventLine(e audit.Event) eventView {
	line := sentences[e.Kind]
	if text, ok := endSentences[session.Reason(e.Reason)]; ok && e.Kind == audit.SessionExpired {
		line.Text = text
	}
	if text, ok := reasonSentences[e.Reason][e.Kind]; ok {
		line.Text = text
	}
	if line.Text != "" {
		line.Text += repeated(e)
	}
	if text := administered(e, "You", admin.ByRole(e.Role)); text != "" {
		line.Text = text
	}
	line.At = e.At
	if e.Client.UserAgent != "" {
		line.From = device.Parse(e.Client.UserAgent).Name
	}
	if e.Client.IP != "" {
		if line.From != "" {
			line.From += ", "
		}
		line.From += e.Client.IP
	}
	return line
}
