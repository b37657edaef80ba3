package mail

import (
	"net/url"
	"time"
)

// ConfirmSignUp asks the owner of an address to confirm a sign-up. It says when and from which device the sign-up was
// made, because whoever made it knows the password. valid is how long the token works.
func (l Composer) ConfirmSignUp(to, token string, at time.Time, device string, valid time.Duration) Email {
	return l.write(to, "Confirm your email address",
		"Hello,",
		"On "+formatTime(at)+", from "+printableDevice(device)+", somebody, probably you, gave this address when signing up at "+l.base()+" and chose a password. To confirm that the address is yours, open this link and press the button there:",
		l.base()+"/email/confirm/"+url.PathEscape(token),
		"The link works for "+formatDuration(valid)+".",
		"If it was not you, do not confirm it: somebody else would know the password of your account. There is nothing else you need to do, the address stays unconfirmed.",
	).expiring(valid).awaited()
}

// ResetPassword lets the owner of an account choose another password. valid is
// how long the token works.
func (l Composer) ResetPassword(to, name, token string, valid time.Duration) Email {
	return l.write(to, "Choose another password",
		greeting(name),
		"Somebody, probably you, told "+l.base()+" that you have forgotten your password. To choose another, open this link:",
		l.base()+"/password/reset/"+url.PathEscape(token),
		"The link works once, for "+formatDuration(valid)+", and only until you ask for another. Please do not pass it on: whoever has it can choose your password.",
		"If it was not you, there is nothing you need to do: your password stays as it is.",
	).expiring(valid).awaited()
}

// PasswordReset tells the owner of an account that its password was set with
// the link of ResetPassword, at a time and from a device described in a few
// words (ASVS v5.0.0-6.3.7).
func (l Composer) PasswordReset(to, name string, at time.Time, device string) Email {
	return l.write(to, "Your password was changed",
		greeting(name),
		"The password of your account at "+l.base()+" was set with a link from an email, on "+formatTime(at)+" from "+printableDevice(device)+". Every device was signed out.",
		"If it was you, sign in with your new password:",
		l.base()+"/login",
		"If it was not you, somebody can read your mail. Change the password of your mailbox first, then choose another here:",
		l.base()+"/password/forgot",
	)
}

// EmailChangeRequested tells the old address that a change to another was requested at a time, from a device described in a
// few words. token stops the change, for as long as valid says. The new address is not named, because anybody may have
// typed it.
func (l Composer) EmailChangeRequested(to, name string, at time.Time, device, token string, valid time.Duration) Email {
	return l.write(to, "Somebody wants to change your address",
		greeting(name),
		"On "+formatTime(at)+", from "+printableDevice(device)+", your account at "+l.base()+" was asked to use another address instead of this one. It still uses this one: the other has to be confirmed first.",
		"If it was you, there is nothing you need to do here.",
		"If it was not you, stop it with this link. It also signs out every device:",
		l.base()+"/email/undo/"+url.PathEscape(token),
		"The link works for "+formatDuration(valid)+", also after the address has changed. Please do not pass it on.",
	).expiring(valid)
}

// ConfirmEmailChange asks the owner of an address to confirm that it becomes the address of their account. valid is how
// long the token works.
func (l Composer) ConfirmEmailChange(to, token string, valid time.Duration) Email {
	return l.write(to, "Confirm your new address",
		"Hello,",
		"Somebody, probably you, wants to use this address for their account at "+l.base()+". To confirm it, open this link, sign in to that account and press the button there:",
		l.base()+"/account/email/confirm/"+url.PathEscape(token),
		"The link works for "+formatDuration(valid)+".",
		"If it was not you, there is nothing you need to do: the link is of no use to anybody but the owner of that account, and nothing has changed.",
	).expiring(valid).awaited()
}

// EmailInUse tells somebody who has an account that their address was given as
// the new one of another.
func (l Composer) EmailInUse(to string) Email {
	return l.write(to, "You already have an account",
		"Hello,",
		"Somebody, probably you, wants to use this address for another account at "+l.base()+". You already have an account there with this address, so we did not change anything. You can sign in to it:",
		l.base()+"/login",
		"If it was not you, there is nothing you need to do: your account has not changed, and whoever tried was not told that it exists.",
	).awaited()
}

// EmailChanged tells the old address that it was replaced by another, at a time and from a device described in a few
// words. token undoes the change, for as long as valid says (ASVS v5.0.0-6.3.7).
func (l Composer) EmailChanged(to, name string, at time.Time, device, token string, valid time.Duration) Email {
	return l.write(to, "Your address was changed",
		greeting(name),
		"On "+formatTime(at)+", from "+printableDevice(device)+", your account at "+l.base()+" began to use another address instead of this one. All other devices were signed out.",
		"If it was you, there is nothing you need to do. This is the last email to this address.",
		"If it was not you, take it back with this link. It also signs out every device; after that, choose another password:",
		l.base()+"/email/undo/"+url.PathEscape(token),
		"The link works for "+formatDuration(valid)+". Please do not pass it on.",
	).expiring(valid)
}

// DeletionRequested tells the owner of an account that its deletion was asked for
// at a time, from a device described in a few words, and how to stop it. due is
// when it happens.
func (l Composer) DeletionRequested(to, name string, at time.Time, device string, due time.Time) Email {
	return l.write(to, "Your account will be deleted",
		greeting(name),
		"On "+formatTime(at)+", from "+printableDevice(device)+", your account at "+l.base()+" was asked to be deleted. Every device was signed out. On "+formatTime(due)+" the account and everything in it will be deleted, and we will not write to you again.",
		"Until then you can keep it. Sign in as always and press Keep my account:",
		l.base()+"/account/delete",
		"If it was not you, somebody else was signed in to your account. Sign in, keep your account, and change your password. If you cannot sign in, choose another password first:",
		l.base()+"/password/forgot",
	)
}

// DeletionStopped tells the owner of an account that it is not deleted after
// all.
func (l Composer) DeletionStopped(to, name string, at time.Time, device string) Email {
	return l.write(to, "Your account stays",
		greeting(name),
		"On "+formatTime(at)+", from "+printableDevice(device)+", the deletion of your account at "+l.base()+" was stopped. The account stays, with everything in it.",
		"If it was not you, change your password. That signs out all other devices:",
		l.base()+"/account/security/password",
	)
}

// Exported tells the owner of an account that their data was downloaded as a file, at a time and from a device
// described in a few words.
func (l Composer) Exported(to, name string, at time.Time, device string) Email {
	return l.write(to, "Your data was downloaded",
		greeting(name),
		"On "+formatTime(at)+", from "+printableDevice(device)+", everything that "+l.base()+" keeps about you was downloaded as a file.",
		"If it was you, there is nothing you need to do. The file holds your activity and your payments, so keep it where nobody else reads it.",
		"If it was not you, somebody else is signed in to your account. Change your password; that signs out all other devices:",
		l.base()+"/account/security/password",
	)
}
