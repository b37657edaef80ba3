// Package brand is what the product is called, and every name that follows from it: a fork changes Name, and shares no
// variable, metric, key or file with where it came from. It does not know what the names are used for.
package brand

import "strings"

// Name is what people read: on pages, in emails, in their authenticator app. It is refused as a password.
const Name = "Gatehouse"

// Names of cookies. They do not contain Name, so that they do not reveal the program to outsiders. Browsers send a
// cookie to every port of a host, so a fork that runs next to another on localhost needs names of its own here.
const (
	SessionCookie     = "id"      // the token
	EndedCookie       = "ended"   // the public handle of the session that ended in this browser
	PendingCookie     = "pending" // the token of a sign-in between its two steps
	SignUpCookie      = "confirm" // the one-time token of an email about a sign-up
	UndoCookie        = "undo"    // the one-time token of an email about a change of address
	ResetCookie       = "reset"   // the one-time token of an email about a forgotten password
	EmailCookie       = "email"   // the one-time token of an email about another address
	BackCookie        = "back"    // the one-time token that leads back to a demo
	PreferencesCookie = "look"    // how pages are shown
)

// Cookies are the names of all cookies that this program sets.
var Cookies = []string{
	SessionCookie, EndedCookie, PendingCookie, SignUpCookie, UndoCookie, ResetCookie, EmailCookie, BackCookie, PreferencesCookie,
}

// Cookie returns the name of a cookie as browsers get it. The prefix of a secure one keeps neighbouring hosts from
// setting it (RFC 6265bis section 4.1.3.2).
func Cookie(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// EnvPrefix stands in front of every environment variable.
var EnvPrefix = strings.ToUpper(identifier) + "_"

// Env returns the environment variable of a setting.
func Env(setting string) string { return EnvPrefix + setting }

// Metric returns the name of a metric.
func Metric(name string) string { return identifier + "_" + name }

// RedisPrefix returns what the Redis keys of one kind begin with.
func RedisPrefix(kind string) string { return fileName + ":" + kind + ":" }

// Database is the SQLite file of a portal that is told of no other database.
var Database = fileName + ".db"

// Download returns the name of a file that a person is given.
func Download(what string) string { return fileName + "-" + what }

var (
	identifier = strings.ReplaceAll(fileName, "-", "_")
	fileName   = strings.ReplaceAll(strings.ToLower(Name), " ", "-")
)
