package mail

import (
	"fmt"
	"net/netip"
	"time"
)

// NewDevice tells the owner of an account that somebody signed in to it at a time from a browser or a network that it is
// not known to be used from. device is the browser in a few words, network a prefix in CIDR notation (ASVS v5.0.0-6.3.5).
func (l Composer) NewDevice(to, name string, at time.Time, device, network string) Email {
	return l.write(to, "A sign-in from a new device",
		greeting(name),
		"Somebody, probably you, signed in to your account at "+l.base()+" on "+formatTime(at)+" from "+printableDevice(device)+", on "+printableNetwork(network)+". Your account was not used from this browser or from this network lately.",
		"If it was you, there is nothing you need to do.",
		"If it was not you, sign that device out, and change your password. That signs out all other devices:",
		l.base()+"/account/sessions",
		l.base()+"/account/security/password",
		"If you cannot sign in, reset your password by email:",
		l.base()+"/password/forgot",
	)
}

// AfterFailures tells the owner of an account that somebody signed in to it after that many attempts were refused
// (ASVS v5.0.0-6.3.5).
func (l Composer) AfterFailures(to, name string, at time.Time, device, network string, failures int) Email {
	return l.write(to, "A sign-in after many that failed",
		greeting(name),
		fmt.Sprintf("Somebody, probably you, signed in to your account at %s on %s from %s, on %s. Before that, %d attempts to sign in were refused.",
			l.base(), formatTime(at), printableDevice(device), printableNetwork(network), failures),
		"If it was you each time, there is nothing you need to do.",
		"If it was not you, somebody may have guessed your password. Look at your activity for what you do not recognise, and change your password. That signs out all other devices:",
		l.base()+"/account/activity",
		l.base()+"/account/security/password",
		"If you cannot sign in, reset your password by email:",
		l.base()+"/password/forgot",
	)
}

// printableNetwork is a network as the page of sessions writes it, so that people can compare the two.
func printableNetwork(network string) string {
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return "a network we could not name"
	}
	return "the network " + prefix.String()
}
