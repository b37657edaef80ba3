package handlers

import (
	"maps"
	"slices"

	"example.com/gatehouse/internal/auth"
)

// sentences say each kind of event to its owner. What is missing here is for the log alone.
var sentences = map[auth.Kind]eventView{
	auth.LoginSuccess:       {Icon: "key-round", Text: "Signed in"},
	auth.LoginFail:          {Icon: "triangle-alert", Text: "A sign-in with a wrong password was refused", Risk: true},
	auth.LoginLock:          {Icon: "triangle-alert", Text: "Too many wrong passwords: sign-in was slowed down and a letter sent", Risk: true},
	auth.PasswordChange:     {Icon: "shield-check", Text: "Password changed", Risk: true},
	auth.PasswordChangeFail: {Icon: "triangle-alert", Text: "A password change with a wrong current password was refused", Risk: true},
	auth.UserCreated:        {Icon: "user", Text: "Account created"},
	auth.SessionExpired:     {Icon: "log-out", Text: "Session ended"},
	auth.SessionTokenReused: {Icon: "triangle-alert", Text: "A replaced cookie of a session was used again", Risk: true},
	auth.SessionFlagged:     {Icon: "triangle-alert", Text: "A session was used from another browser or network", Risk: true},
	auth.SessionRecognised:  {Icon: "circle-check", Text: "A marked session was recognised"},
	auth.ReauthSuccess:      {Icon: "fingerprint", Text: "Confirmed it is you"},
	auth.ReauthFail:         {Icon: "triangle-alert", Text: "A wrong password was given to confirm it is you", Risk: true},
	auth.SignUpAddressTaken: {Icon: "info", Text: "Somebody tried to sign up with your address"},
	auth.ProfileChanged:     {Icon: "user", Text: "Name changed"},

	auth.PaymentMethodChange: {Icon: "credit-card", Text: "Payment method changed", Risk: true},
	auth.PaymentMade:         {Icon: "receipt", Text: "Payment made", Risk: true},
	auth.PaymentDeclined:     {Icon: "receipt", Text: "Payment declined"},
	auth.PaymentConfirmFail:  {Icon: "triangle-alert", Text: "A payment with a wrong password was refused", Risk: true},
	auth.PlanStarted:         {Icon: "receipt", Text: "A plan that costs nothing was started"},
}

var endSentences = map[auth.Reason]string{
	auth.ReasonIdle:            "A session ended because it was not used for too long",
	auth.ReasonAbsolute:        "A session ended because it reached the end of its lifetime",
	auth.ReasonSignedOut:       "Signed out",
	auth.ReasonRevoked:         "A session was signed out from another device",
	auth.ReasonPasswordChanged: "A session was ended by a password change",
	auth.ReasonAdmin:           "A session was ended by an administrator",
	auth.ReasonReplaced:        "The oldest session was ended to make room for a sign-in",
	auth.ReasonClientChanged:   "A session was ended because it was used from another browser or network",
	auth.ReasonAccountDisabled: "A session was ended because the account was switched off",
}

// kindGroups are the filters of the activity page.
var kindGroups = map[string][]auth.Kind{
	"sign-ins": {auth.LoginSuccess, auth.LoginFail, auth.LoginLock, auth.ReauthSuccess, auth.ReauthFail},
	"sessions": {auth.SessionExpired, auth.SessionTokenReused, auth.SessionFlagged, auth.SessionRecognised},
	"account":  {auth.UserCreated, auth.PasswordChange, auth.PasswordChangeFail, auth.SignUpAddressTaken, auth.ProfileChanged},
	"payments": {auth.PaymentMethodChange, auth.PaymentMade, auth.PaymentDeclined, auth.PaymentConfirmFail, auth.PlanStarted},
}

var kindChoices = []choice{
	{"", "Everything"}, {"sign-ins", "Signing in"}, {"sessions", "Sessions and their ends"}, {"account", "Account and password"},
	{"payments", "Payments"},
}

// shownKinds is everything that has a sentence. A sign-in's session_created and a re-authentication's session_renewed
// would say the same thing twice.
var shownKinds = slices.Collect(maps.Keys(sentences))

// eventLine is the event as its owner reads it.
func eventLine(e auth.Event) eventView {
	line := sentences[e.Kind]
	if text, ok := endSentences[auth.Reason(e.Reason)]; ok && e.Kind == auth.SessionExpired {
		line.Text = text
	}
	line.At = e.At
	if e.Client.UserAgent != "" {
		line.From = deviceOf(e.Client.UserAgent).Name
	}
	if e.Client.IP != "" {
		if line.From != "" {
			line.From += ", "
		}
		line.From += e.Client.IP
	}
	return line
}
