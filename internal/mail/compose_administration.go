package mail

import (
	"net/url"
	"time"
)

// Administered tells the owner of an account what somebody with a role did to it at a time, in a sentence without a full stop,
// and the reason that was given.
func (l Composer) Administered(to, name string, at time.Time, what, reason string) Email {
	return l.write(to, "Something was done to your account",
		greeting(name),
		what+", on "+formatTime(at)+" at "+l.base()+".",
		printableReason(reason),
		"It is in your activity as well. If you do not know what it is about, please contact the people who run the portal.",
		l.base()+"/account/activity",
	)
}

// ResetStarted lets the owner of an account choose another password, because somebody with a role started it. valid is how long
// the token works.
func (l Composer) ResetStarted(to, name, token, who, reason string, valid time.Duration) Email {
	return l.write(to, "Choose another password",
		greeting(name),
		who+" at "+l.base()+" started a password reset for your account. "+printableReason(reason),
		"To choose another password, open this link:",
		l.base()+"/password/reset/"+url.PathEscape(token),
		"The link works once, for "+formatDuration(valid)+". Please do not pass it on, to nobody who asks: whoever has it can choose your password, and the people who run the portal do not need it.",
		"Until you choose another, your password stays as it is.",
	).expiring(valid).awaited()
}

// printableReason is the reason that somebody with a role gave, if mail programs make no link of anything in it: whoever has taken
// over such an account must not be able to send links in the name of the portal.
func printableReason(reason string) string {
	if !plain(reason, 300, "0123456789-(),:;!?'’") {
		return "The reason that was given is in your activity."
	}
	return "The reason that was given: " + reason
}
