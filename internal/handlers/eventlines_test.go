package handlers

import (
	"testing"

	"example.com/gatehouse/internal/auth"
)

// What was wrong with an attempt is said in the words of what was given, not always as a password.
func TestLinesFollowTheReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind         auth.Kind
		reason, want string
	}{
		{auth.LoginSuccess, string(auth.MethodPassword), "Signed in"},
		{auth.LoginSuccess, string(auth.MethodTOTP), "Signed in with a password and a code"},
		{auth.LoginSuccess, string(auth.MethodRecoveryCode), "Signed in with a password and a recovery code"},
		{auth.LoginSuccess, string(auth.MethodPasskey), "Signed in with a passkey"},
		{auth.LoginFail, "password", "A sign-in with a wrong password was refused"},
		{auth.LoginFail, auth.PasskeyReason, "A sign-in with a passkey was refused"},
		{auth.ReauthFail, "password", "A wrong password was given to confirm it is you"},
		{auth.ReauthFail, "code", "A wrong code was given to confirm it is you"},
		{auth.PasswordChangeFail, "code", "A password change with a wrong code was refused"},
		{auth.PaymentConfirmFail, "code", "A payment with a wrong code was refused"},
		{auth.PaymentConfirmFail, auth.PasskeyReason, "A payment with a passkey was refused"},
		{auth.MFAFail, "code", "A wrong code was given after the right password"},
		{auth.MFAEnrolled, "totp", "An authenticator app was set up"},
		{auth.MFAEnrolled, auth.PasskeyReason, "A passkey was added"},
		{auth.MFARemoved, "totp", "An authenticator app was removed"},
		{auth.MFARemoved, auth.PasskeyReason, "A passkey was removed"},
		{auth.PasswordChange, "", "Password changed"},
		{auth.PasswordChange, "reset", "Password set with a link from a letter"},
	} {
		if got := eventLine(auth.Event{Kind: tt.kind, Reason: tt.reason}).Text; got != tt.want {
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
