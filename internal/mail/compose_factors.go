package mail

import (
	"fmt"
	"time"
)

// FactorEnrolled tells the owner of an account that an authenticator app was set up at a time, from a device described in a
// few words (ASVS v5.0.0-6.3.7).
func (l Composer) FactorEnrolled(to, name string, at time.Time, device string) Email {
	return l.write(to, "A second step was set up for your account",
		greeting(name),
		"Signing in to your account at "+l.base()+" now uses two-factor authentication: after the password it asks for a code from an authenticator app. It was set up on "+formatTime(at)+" from "+printableDevice(device)+". All other devices were signed out.",
		"If it was you, there is nothing you need to do. Keep the recovery codes where you find them without this device.",
		l.unlessYou(),
		l.base()+"/account/security",
	)
}

// FactorRemoved tells the owner of an account that its authenticator app was removed.
func (l Composer) FactorRemoved(to, name string, at time.Time, device string) Email {
	return l.write(to, "A second step was removed from your account",
		greeting(name),
		"Signing in to your account at "+l.base()+" no longer asks for a code from an authenticator app. It was removed on "+formatTime(at)+" from "+printableDevice(device)+". All other devices were signed out.",
		"If it was you, there is nothing you need to do.",
		l.unlessYou(),
		l.base()+"/account/security",
	)
}

// RecoveryCodesMade tells the owner of an account that fresh recovery codes took the place of the old ones.
func (l Composer) RecoveryCodesMade(to, name string, at time.Time, device string) Email {
	return l.write(to, "You have new recovery codes",
		greeting(name),
		"New recovery codes were made for your account at "+l.base()+" on "+formatTime(at)+" from "+printableDevice(device)+". The codes before no longer work. All other devices were signed out.",
		"If it was you, there is nothing you need to do.",
		l.unlessYou(),
		l.base()+"/account/security",
	)
}

// RecoveryCodeUsed tells the owner of an account that one of its recovery codes was used, and how many are left.
func (l Composer) RecoveryCodeUsed(to, name string, at time.Time, device string, left int) Email {
	return l.write(to, "A recovery code of your account was used",
		greeting(name),
		"One of the recovery codes of your account at "+l.base()+" was used on "+formatTime(at)+" from "+printableDevice(device)+", together with your password. "+codesLeft(left),
		"If it was you, there is nothing you need to do. You can make new codes whenever you like.",
		l.unlessYou(),
		l.base()+"/account/security",
	)
}

// WrongCodes tells the owner of an account that somebody knows its password and has tried several wrong codes
// (ASVS v5.0.0-6.3.5).
func (l Composer) WrongCodes(to, name string) Email {
	return l.write(to, "Somebody knows your password",
		greeting(name),
		"Somebody has given the right password of your account at "+l.base()+", and then several wrong codes. The wrong codes have not let anybody in.",
		"If it was you, there is nothing you need to do. If your app is not at hand, a recovery code signs you in.",
		"If it was not you, change your password now, here and wherever else you use it:",
		l.base()+"/account/security/password",
	)
}

func codesLeft(n int) string {
	switch n {
	case 0:
		return "It was your last: please make new ones."
	case 1:
		return "One of your codes can still be used."
	}
	return fmt.Sprintf("%d of your codes can still be used.", n)
}

func (l Composer) unlessYou() string {
	return "If it was not you, somebody else is signed in to your account: change your password now, look at your activity, and remove what you do not recognise. If you cannot sign in, please contact the people who run this portal at once."
}
