package handlers

import (
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// What was wrong with an attempt is said in the words of what was given, not always as a password.
func TestLinesFollowTheReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind         audit.Kind
		reason, want string
	}{
		{audit.LoginSuccess, string(auth.MethodPassword), "Signed in"},
		{audit.LoginSuccess, string(auth.MethodTOTP), "Signed in with a password and a code"},
		{audit.LoginSuccess, string(auth.MethodRecoveryCode), "Signed in with a password and a recovery code"},
		{audit.LoginSuccess, string(auth.MethodPasskey), "Signed in with a passkey"},
		{audit.LoginFail, "password", "A sign-in with a wrong password was refused"},
		{audit.LoginFail, auth.PasskeyReason, "A sign-in with a passkey was refused"},
		{audit.ReauthFail, "password", "A wrong password was given to confirm it is you"},
		{audit.ReauthFail, "code", "A wrong code was given to confirm it is you"},
		{audit.PasswordChangeFail, "code", "A password change with a wrong code was refused"},
		{audit.PaymentConfirmFail, "code", "A payment with a wrong code was refused"},
		{audit.PaymentConfirmFail, auth.PasskeyReason, "A payment with a passkey was refused"},
		{audit.MFAFail, "code", "A wrong code was given after the right password"},
		{audit.MFAEnrolled, "totp", "An authenticator app was set up"},
		{audit.MFAEnrolled, auth.PasskeyReason, "A passkey was added"},
		{audit.MFARemoved, "totp", "An authenticator app was removed"},
		{audit.MFARemoved, auth.PasskeyReason, "A passkey was removed"},
		{audit.PasswordChange, "", "Password changed"},
		{audit.PasswordChange, "reset", "Password set with a link from an email"},
	} {
		if got := eventLine(audit.Event{Kind: tt.kind, Reason: tt.reason}).Text; got != tt.want {
			t.Errorf("%s for %q: got %q, want %q", tt.kind, tt.reason, got, tt.want)
		}
	}
	for reason, of := range reasonSentences {
		for kind := range of {
			if sentences[kind].Text == "" {
				t.Errorf("%s for %q: its kind is shown to nobody", kind, reason)
			}
		}
	}
}
