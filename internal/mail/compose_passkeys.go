package mail

import "time"

// PasskeyAdded tells the owner of an account that a passkey was added at a time, from a device described in a few words
// (ASVS v5.0.0-6.3.7).
func (l Composer) PasskeyAdded(to, name string, at time.Time, device string) Email {
	return l.write(to, "A passkey was added to your account",
		greeting(name),
		"A passkey was added to your account at "+l.base()+" on "+formatTime(at)+" from "+printableDevice(device)+". Whoever has it can sign in without your password, and the password alone no longer signs anybody in. All other devices were signed out.",
		"If it was you, there is nothing you need to do.",
		l.unlessYou(),
		l.base()+"/account/security/passkeys",
	)
}

// PasskeyRemoved tells the owner of an account that a passkey was removed.
func (l Composer) PasskeyRemoved(to, name string, at time.Time, device string) Email {
	return l.write(to, "A passkey was removed from your account",
		greeting(name),
		"A passkey of your account at "+l.base()+" was removed on "+formatTime(at)+" from "+printableDevice(device)+". It opens nothing any more. All other devices were signed out.",
		"If it was you, you can delete it from the device or the password manager that has it as well.",
		l.unlessYou(),
		l.base()+"/account/security/passkeys",
	)
}

// PasskeyCloned tells the owner of an account that the counter of a passkey did not grow (WebAuthn Level 3, 6.1.1).
func (l Composer) PasskeyCloned(to, name string, at time.Time, device string) Email {
	return l.write(to, "A passkey of your account may have been copied",
		greeting(name),
		"A passkey of your account at "+l.base()+" was used on "+formatTime(at)+" from "+printableDevice(device)+". It counts its uses, and this count was not above the one before: there may be two copies of it, or its device was set back.",
		"If you used it then, and have restored its device from a backup, there is nothing you need to do.",
		"Otherwise sign in, remove that passkey and make another one:",
		l.base()+"/account/security/passkeys",
	)
}
