package handlers

import (
	"maps"
	"slices"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// sentences say each kind of event to its owner. What is missing here is for the log alone.
var sentences = map[auth.Kind]eventView{
	auth.LoginSuccess:          {Icon: "key-round", Text: "Signed in"},
	auth.LoginFail:             {Icon: "triangle-alert", Text: "A sign-in with a wrong password was refused", Risk: true},
	auth.LoginLock:             {Icon: "triangle-alert", Text: "Too many wrong passwords: sign-in was slowed down and a letter sent", Risk: true},
	auth.LoginSuccessAfterFail: {Icon: "triangle-alert", Text: "Signed in after several attempts that were refused", Risk: true},
	auth.PasswordChange:        {Icon: "shield-check", Text: "Password changed", Risk: true},
	auth.PasswordChangeFail:    {Icon: "triangle-alert", Text: "A password change with a wrong current password was refused", Risk: true},
	auth.UserCreated:           {Icon: "user", Text: "Account created"},
	auth.SessionExpired:        {Icon: "log-out", Text: "Session ended"},
	auth.SessionTokenReused:    {Icon: "triangle-alert", Text: "A replaced cookie of a session was used again", Risk: true},
	auth.SessionFlagged:        {Icon: "triangle-alert", Text: "A session was used from another browser or network", Risk: true},
	auth.SessionRecognised:     {Icon: "circle-check", Text: "A marked session was recognised"},
	auth.ReauthSuccess:         {Icon: "fingerprint", Text: "Confirmed it is you"},
	auth.ReauthFail:            {Icon: "triangle-alert", Text: "A wrong password was given to confirm it is you", Risk: true},
	auth.SignUpAddressTaken:    {Icon: "info", Text: "Somebody tried to sign up with your address"},
	auth.ProfileChanged:        {Icon: "user", Text: "Name changed"},
	auth.PasskeyRenamed:        {Icon: "fingerprint", Text: "Passkey renamed"},
	auth.PasskeyCloned:         {Icon: "triangle-alert", Text: "A passkey that may have been copied was refused", Risk: true},

	auth.MFARequired:       {Icon: "key-round", Text: "The password was right, and the second step was asked for"},
	auth.MFAFail:           {Icon: "triangle-alert", Text: "A wrong code was given after the right password", Risk: true},
	auth.MFAEnrolled:       {Icon: "shield-check", Text: "An authenticator app was set up", Risk: true},
	auth.MFARemoved:        {Icon: "triangle-alert", Text: "An authenticator app was removed", Risk: true},
	auth.RecoveryCodesMade: {Icon: "shield-check", Text: "Ten recovery codes were made", Risk: true},
	auth.RecoveryCodeUsed:  {Icon: "key-round", Text: "A recovery code was used", Risk: true},

	auth.PasswordResetRequested: {Icon: "key-round", Text: "A letter was asked for because the password was forgotten", Risk: true},
	auth.EmailChangeRequested:   {Icon: "user", Text: "A change of address was asked for", Risk: true},
	auth.EmailChanged:           {Icon: "user", Text: "Address changed", Risk: true},
	auth.EmailChangeUndone:      {Icon: "triangle-alert", Text: "A change of address was stopped from the old address", Risk: true},
	auth.DeletionRequested:      {Icon: "triangle-alert", Text: "Deletion of the account asked for", Risk: true},
	auth.DeletionStopped:        {Icon: "circle-check", Text: "Deletion of the account stopped"},
	auth.SensitiveRead:          {Icon: "download", Text: "Everything about the account was downloaded", Risk: true},

	auth.PaymentMethodChange: {Icon: "credit-card", Text: "Payment method changed", Risk: true},
	auth.PaymentMade:         {Icon: "receipt", Text: "Payment made", Risk: true},
	auth.PaymentDeclined:     {Icon: "receipt", Text: "Payment declined"},
	auth.PaymentConfirmFail:  {Icon: "triangle-alert", Text: "A payment with a wrong password was refused", Risk: true},
	auth.PlanStarted:         {Icon: "receipt", Text: "A plan that costs nothing was started"},
}

// reasonSentences are for the events that read otherwise for their reason.
var reasonSentences = map[string]map[auth.Kind]string{
	auth.PasskeyReason: {
		auth.LoginSuccess:       "Signed in with a passkey",
		auth.LoginFail:          "A sign-in with a passkey was refused",
		auth.ReauthFail:         "A passkey that was given to confirm it is you was refused",
		auth.PasswordChangeFail: "A password change with a passkey was refused",
		auth.PaymentConfirmFail: "A payment with a passkey was refused",
		auth.MFAEnrolled:        "A passkey was added",
		auth.MFARemoved:         "A passkey was removed",
	},
	"code": {
		auth.ReauthFail:         "A wrong code was given to confirm it is you",
		auth.PasswordChangeFail: "A password change with a wrong code was refused",
		auth.PaymentConfirmFail: "A payment with a wrong code was refused",
	},
	string(auth.MethodTOTP):         {auth.LoginSuccess: "Signed in with a password and a code"},
	string(auth.MethodRecoveryCode): {auth.LoginSuccess: "Signed in with a password and a recovery code"},
	"operator":                      {auth.MFARemoved: "Every second step was removed by the people who run this portal"},
	"reset":                         {auth.PasswordChange: "Password set with a link from a letter"},
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
	auth.ReasonAccountDeleted:  "A session was ended because the account is to be deleted",
}

// kindGroups are the filters of the activity page.
var kindGroups = map[string][]auth.Kind{
	"sign-ins": {
		auth.LoginSuccess, auth.LoginFail, auth.LoginLock, auth.LoginSuccessAfterFail, auth.PasskeyCloned, auth.MFARequired,
		auth.MFAFail, auth.RecoveryCodeUsed, auth.ReauthSuccess, auth.ReauthFail,
	},
	"sessions": {auth.SessionExpired, auth.SessionTokenReused, auth.SessionFlagged, auth.SessionRecognised},
	"account": {auth.UserCreated, auth.PasswordChange, auth.PasswordChangeFail, auth.SignUpAddressTaken, auth.ProfileChanged,
		auth.MFAEnrolled, auth.MFARemoved, auth.RecoveryCodesMade, auth.PasskeyRenamed,
		auth.PasswordResetRequested, auth.EmailChangeRequested, auth.EmailChanged, auth.EmailChangeUndone, auth.DeletionRequested,
		auth.DeletionStopped, auth.SensitiveRead},
	"payments": {auth.PaymentMethodChange, auth.PaymentMade, auth.PaymentDeclined, auth.PaymentConfirmFail, auth.PlanStarted},
}

var kindChoices = []choice{
	{"", "Everything"}, {"sign-ins", "Signing in"}, {"sessions", "Sessions and their ends"}, {"account", "Account and security"},
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
	if text, ok := reasonSentences[e.Reason][e.Kind]; ok {
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
