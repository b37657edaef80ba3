package guard

import (
	"time"

	"example.com/gatehouse/internal/ratelimit"
)

// A Limit is how much of one thing may be tried before people wait (ASVS v5.0.0-6.1.1, 6.3.1). docs/security/attempts.md lists
// them all, and what they are for.
type Limit struct {
	ratelimit.Rule
	key    string // its name in the keys of what counts
	report string // its name in the log, "" for one that is not reported under it
}

// Limits of one network, an IPv6 /64 or an IPv4 address. The /48 around a /64 has a wider one. Those of one account or one
// address, the last three, count each /48 as one network.
var (
	SignIns           = Limit{rule(30, 10*time.Second), "address", "sign-in"}           // to any account
	PasskeyChallenges = Limit{rule(120, time.Second), "passkey begin", "passkey"}       // each sign-in page asks for one
	PasskeyAnswers    = Limit{rule(30, 10*time.Second), "passkey", "passkey"}           // each costs a signature
	UnknownTokens     = Limit{rule(30, 2*time.Second), "token", "session token"}        // session tokens that are nobody's
	OneTimeTokens     = Limit{rule(30, 10*time.Second), "key", "one-time token"}        // one-time tokens that were never sent
	SignUps           = Limit{rule(60, 20*time.Second), "sign-up", "sign-up"}           // begun
	Resets            = Limit{rule(30, 20*time.Second), "forgot", "password reset"}     // asked for
	Baskets           = Limit{rule(60, 10*time.Second), "basket", "basket"}             // of people who are not signed in
	Demos             = Limit{rule(10, time.Minute), "demo", "demo"}                    // demo accounts
	Labs              = Limit{rule(300, time.Second), "lab", "lab"}                     // what is pressed in labs
	ChangesHere       = Limit{rule(300, 2*time.Second), "changes here", "changes"}      // what demo accounts do that is limited
	SignedInHere      = Limit{rule(30, time.Minute), "signed in here", "right sign-in"} // right ones to one account, with a password or a passkey
	AccountHere       = Limit{inARow(5), "account here", ""}                            // sign-ins to one account
	EmailsHere        = Limit{rule(5, 10*time.Minute), "letters here", ""}              // to one email address, of one kind
)

// Limits of one account, session, email address or password. But for Asked they count wherever the attempts come from.
var (
	Found          = Limit{rule(5, 10*time.Minute), "found", ""}                                 // emails about what was found, of each kind
	Asked          = Limit{rule(30, 20*time.Second), "asked", "session"}                         // what a session does from one network
	Passwords      = Limit{rule(10, 5*time.Minute), "passwords", "password change"}              // changes of it
	Factors        = Limit{rule(20, 5*time.Minute), "factors", "second step"}                    // apps, passkeys and codes, each added or removed
	Deletions      = Limit{rule(3, 10*time.Minute), "deletion", "deletion"}                      // asked for
	Payments       = Limit{rule(10, time.Minute), "payment", "payment"}                          // free ones too
	Orders         = Limit{rule(60, 10*time.Second), "order", "administration"}                  // of one administrator
	Account        = Limit{inARow(20), "account", ""}                                            // sign-ins
	Unlocked       = Limit{rule(10, time.Minute), "unlocked", ""}                                // sign-ins with the token of an unlock email
	Confirmations  = Limit{inARow(5), "session", "password"}                                     // the password asked again in a session
	Codes          = Limit{inARow(10), "code", "code"}                                           // of an app, over all sign-ins and sessions
	WrongCodes     = Limit{rule(2, 10*time.Minute), "wrong codes", ""}                           // before the owner has an email
	Warnings       = Limit{rule(1, UnlockValid), "unlock letter", ""}                            // emails about guesses, of each kind
	Emails         = Limit{rule(20, 10*time.Minute), "letters", ""}                              // to one email address, of one kind
	EmailsKnown    = Limit{rule(5, 10*time.Minute), "letters known", ""}                         // that a browser it knows asks for
	EmailChanges   = Limit{rule(5, 10*time.Minute), "email", "email"}                            // asked for
	NameChanges    = Limit{rule(10, time.Minute), "profile", "profile"}                          // of the person
	PasskeyNames   = Limit{rule(10, time.Minute), "passkey name", "passkey name"}                // changes of them
	PaymentMethods = Limit{rule(10, time.Minute), "payment method", "payment method"}            // changes of them
	Exports        = Limit{rule(5, 10*time.Minute), "export", "export"}                          // of everything about the account
	Sprayed        = Limit{rule(20, 3*time.Minute), "password", "one password on many accounts"} // accounts on which one password failed
)

// oncePerPress is for what no act is stored of, for as long as acts are.
var oncePerPress = rule(1, 30*time.Second)

// perReport is for lines of the log about one who is limited.
var perReport = rule(1, time.Minute)

func rule(burst int, every time.Duration) ratelimit.Rule {
	return ratelimit.Rule{Burst: burst, Every: every}
}

// Growth is how the wait grows with failures in a row: to an hour, and after 100 of them, which is as many as SP 800-63B-4
// section 3.2.2 allows, to a day.
var Growth = ratelimit.Growth{Max: time.Hour, ResetAfter: 24 * time.Hour, LockAfter: 100}

func inARow(free int) ratelimit.Rule {
	return ratelimit.Rule{Burst: free, Every: time.Minute, Growth: Growth}
}

// NetworksOfSite is how many times as much a /48 may do as each /64 in it: whoever is given a /48 has 65,536 networks of
// their own (RFC 6177).
const NetworksOfSite = 4

// KeyOf is the name of a limit in the keys of what counts.
func KeyOf(l Limit) string { return l.key }
