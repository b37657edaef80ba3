package mail

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Composer writes the texts of the portal's emails. Every link in them begins with Base, the portal's own URL.
//
// Anybody can make the portal send an email to anybody by typing an address into the sign-up form. So ConfirmSignUp and
// AlreadyMember contain nothing else that was typed there.
type Composer struct {
	Base string
}

// AlreadyMember tells somebody who has an account that their address was used
// to sign up again.
func (l Composer) AlreadyMember(to string) Email {
	return l.write(to, "You already have an account",
		"Hello,",
		"Somebody, probably you, tried to sign up at "+l.base()+" with this address. You already have an account there, so we did not make another. You can sign in:",
		l.base()+"/login",
		"If it was not you, there is nothing you need to do: your account has not changed, and whoever tried was not told that it exists.",
	).awaited()
}

// Unlock gives the owner of an account under attack a link to sign in without the delay after wrong passwords. valid is
// how long the token works (ASVS v5.0.0-6.3.5).
func (l Composer) Unlock(to, name, token string, valid time.Duration) Email {
	return l.write(to, "Many wrong passwords for your account",
		greeting(name),
		"Somebody has tried many wrong passwords for your account at "+l.base()+", so everybody who tries to sign in to it now has to wait. With this link you need not wait:",
		l.base()+"/login?unlock="+url.QueryEscape(token),
		"The link works for "+formatDuration(valid)+". It does not replace your password: you still need that to sign in. Please do not pass the link on.",
		"If it was not you who tried, the wrong passwords have not let anybody in. If you use your password anywhere else, or it is easy to guess, please sign in and change it.",
	).expiring(valid).awaited()
}

// PasswordChanged tells the owner of an account that its password was changed
// at a time, from a device described in a few words, "Firefox on Linux"
// (ASVS v5.0.0-6.3.7).
func (l Composer) PasswordChanged(to, name string, at time.Time, device string) Email {
	return l.write(to, "Your password was changed",
		greeting(name),
		"The password of your account at "+l.base()+" was changed on "+formatTime(at)+" from "+printableDevice(device)+". All other devices were signed out.",
		"If it was you, there is nothing you need to do.",
		"If it was not you, your password opens nothing any more. Get another by email, which signs out whoever changed yours:",
		l.base()+"/password/forgot",
		"Then sign in and secure your account. That page leads you through the rest:",
		l.base()+"/account/secure",
	)
}

// CookieReused tells the owner of an account that a cookie which one of its
// sessions had replaced was used again at a time. device is where that session
// began, in a few words, and session its handle.
func (l Composer) CookieReused(to, name string, at time.Time, device, session string) Email {
	return l.write(to, "One of your sessions looks suspicious",
		greeting(name),
		"A session of your account at "+l.base()+", begun with "+printableDevice(device)+", had replaced its cookie. The old cookie was used again on "+formatTime(at)+". It opened nothing, but somebody may have a copy of it, and of others.",
		"Please say whether it was you. If it was not, that page leads you through what helps: sign that session out, change your password, look at your other sessions and at your second steps.",
		l.wasItYou(session),
		"If your browser lost its connection, was restored from a backup or crashed at about that time, it may have been the browser itself.",
	)
}

// A BrowserChange is what an email says of a session that was used from another browser than it began in.
type BrowserChange struct {
	At          time.Time
	Session     string // its handle
	Began, Used string // the browsers, in a few words
	Network     string // the other network that it was used from; "" when it was the same
	Ended       bool   // the session was ended for it
}

// BrowserChanged tells the owner of an account that a session was used from another browser: from another network that is an
// alarm, from the same one it is good to know.
func (l Composer) BrowserChanged(to, name string, c BrowserChange) Email {
	consequence := "We have flagged it for you."
	if c.Ended {
		consequence = "We have ended it."
	}
	what := "A session of your account at " + l.base() + ", begun with " + printableDevice(c.Began) + ", was used from " + printableDevice(c.Used) + " on " + formatTime(c.At)
	meaning := what + ", on the same network as before. " + consequence
	maybe := "If you asked a phone or tablet for the desktop site of a page, or changed how your browser names itself, it was you, and there is nothing you need to do."
	if c.Network != "" {
		meaning = what + ", and from elsewhere, " + printableNetwork(c.Network) + ". A session does not change both by itself, so somebody may have copied its cookie. " + consequence
		maybe = "If it was you, there is nothing you need to do but to say so."
	}
	no := "If it was not you, say so. That page leads you through what helps: sign that session out, change your password, look at your other sessions and at your second steps."
	if c.Ended {
		return l.write(to, browserChanged, greeting(name), meaning, maybe,
			"If it was not you, change your password, then look at your other sessions and at your second steps:", l.base()+"/account/secure")
	}
	return l.write(to, browserChanged, greeting(name), meaning, maybe, no, l.wasItYou(c.Session))
}

const browserChanged = "One of your sessions was used from another browser"

// wasItYou is the page that asks whether a session was its owner.
func (l Composer) wasItYou(session string) string {
	return l.base() + "/account/sessions/" + url.PathEscape(session) + "/recognise"
}

// printableDevice is the name of a device if it is safe in an email. It is made from the User-Agent header, which
// anybody can choose.
func printableDevice(device string) string {
	if !plain(device, deviceMost, "0123456789-()") {
		return "a device we could not name"
	}
	return device
}

const deviceMost = 60

// DeviceIn is the name of a device with the country that it is in, where that may stand in an email: no country is worth the name.
func DeviceIn(device, country string) string {
	if in := device + " in " + country; plain(country, 30, "-") && plain(in, deviceMost, "0123456789-()") {
		return in
	}
	return device
}

// formatTime writes a time to the minute.
func formatTime(at time.Time) string { return at.UTC().Format("2 January 2006 at 15:04 UTC") }

// base is Base without a slash at the end, because every path begins with one.
func (l Composer) base() string {
	return strings.TrimRight(l.Base, "/")
}

// write makes an email of paragraphs, once as text and once as HTML. A paragraph that consists of a URL of the portal
// becomes a link. An email with a link that expires is made with write(...).expiring(valid).
func (l Composer) write(to, subject string, paragraphs ...string) Email {
	paragraphs = append(paragraphs, "This email was sent to "+to+" by "+l.base()+".")
	email := Email{
		ID:      rand.Text(),
		To:      to,
		Subject: subject,
		HTML:    l.html(subject, paragraphs),
		Class:   Report,
		At:      time.Now().UTC().Truncate(time.Microsecond),
	}
	for i, p := range paragraphs {
		paragraphs[i] = wrap(p)
	}
	email.Text = strings.Join(paragraphs, "\n\n") + "\n"
	return email
}

// formatDuration writes a duration in its largest exact unit, rounded down to whole minutes, so that no link is
// promised for longer than it works.
func formatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	unit, word := time.Second, "second"
	switch {
	case d > day && d%day == 0:
		unit, word = day, "day"
	case d >= time.Hour && d%time.Hour == 0:
		unit, word = time.Hour, "hour"
	case d >= time.Minute:
		unit, word = time.Minute, "minute"
	}
	if n := d / unit; n != 1 {
		return fmt.Sprintf("%d %ss", n, word)
	}
	return "1 " + word
}
