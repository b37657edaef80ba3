package auth

// Method says how somebody showed who they are.
type Method string

// The methods. A passkey counts as two factors by itself, because its user is verified (ASVS v5.0.0-6.3.3).
const (
	MethodPassword     Method = "password"
	MethodTOTP         Method = "password+totp"
	MethodRecoveryCode Method = "password+recovery_code"
	MethodPasskey      Method = "passkey"
)

// SecondFactor reports whether a password alone does not open the account.
func (u User) SecondFactor() bool { return u.TOTP || u.Passkeys }

// A Proof says that somebody showed a moment ago who they are, and how. It carries the epoch read before that was
// checked: whatever signs out everywhere in between makes it worthless.
type Proof struct {
	user   User
	method Method
}

// User returns the account as it was read.
func (p Proof) User() User { return p.user }

// Method returns how it was shown.
func (p Proof) Method() Method { return p.method }

// Complete reports whether the proof shows all that the account asks for. One that does not opens nothing
// (ASVS v5.0.0-6.3.4, 7.5.1).
func (p Proof) Complete() bool {
	return p.method != "" && (p.method != MethodPassword || !p.user.SecondFactor())
}

// ProofOfDemo is that of the visitor for whom a demo account was made at this moment. For any other account it is no proof.
func ProofOfDemo(u User) Proof {
	if !u.IsDemo() {
		return Proof{}
	}
	return Proof{u, MethodPassword}
}
