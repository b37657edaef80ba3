package auth

import (
	"errors"
	"testing"

	"example.com/gatehouse/internal/audit"
)

func TestProofIsComplete(t *testing.T) {
	for _, c := range []struct {
		user   User
		method Method
		want   bool
	}{
		{User{}, "", false},
		{User{}, MethodPassword, true},
		{User{TOTP: true}, MethodPassword, false},
		{User{Passkeys: true}, MethodPassword, false},
		{User{TOTP: true}, MethodTOTP, true},
		{User{Passkeys: true}, MethodRecoveryCode, true},
		{User{TOTP: true, Passkeys: true}, MethodPasskey, true},
	} {
		if got := (Proof{c.user, c.method}).Complete(); got != c.want {
			t.Errorf("a %s of %+v: got complete %t, want %t", c.method, c.user, got, c.want)
		}
	}
}

// A code completes the proof of a password and nothing else.
func TestCodeAloneProvesNothing(t *testing.T) {
	for _, method := range []Method{"", MethodPasskey, MethodTOTP} {
		p, err := (&Service{}).CheckCode(t.Context(), Proof{User{ID: "u", TOTP: true}, method}, "123456", audit.Actor{}, audit.MFAFail)
		if !errors.Is(err, ErrBadCredentials) || p.Complete() {
			t.Errorf("after %q: got %v", method, err)
		}
	}
}
