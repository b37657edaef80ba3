package handlers

import (
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

const (
	// unusedAfter is when a session looks forgotten: well before the idle timeout of a kept one would end it.
	unusedAfter = 3 * 24 * time.Hour
	// oldPassword is when it is worth asking where else a password is used. It is never asked for (ASVS v5.0.0-6.2.10).
	oldPassword = 365 * 24 * time.Hour
	// fewCodes is when it is time to make other recovery codes.
	fewCodes = 3
	// manySessions is how many are hard to keep an eye on, whatever the limit.
	manySessions = 8
)

// A recommendation is one thing that its owner could do about the account.
type recommendation struct {
	Icon, Text  string
	Link, Label string
}

// recommend lists what could be better, the most urgent first; nothing when all is well. Flagged sessions have a notice of
// their own. limit is how many sessions the account may have, codes how many recovery codes are left in it.
func recommend(live []session.Session, currentID string, u auth.User, codes, limit int, now time.Time) []recommendation {
	const devices = "/account/sessions"
	forgotten := 0
	for _, s := range live {
		if s.ID != currentID && now.Sub(s.LastSeenAt) >= unusedAfter {
			forgotten++
		}
	}
	var all []recommendation
	if forgotten > 0 {
		all = append(all, recommendation{"history", have(forgotten, "other session") + " not been used for " + words(unusedAfter) + " or more.", devices, "Sign out what you do not need"})
	}
	if len(live) >= manySessions || len(live) == limit && limit > 1 {
		text := count(len(live), "session") + " at once are many to keep an eye on."
		if len(live) == limit {
			text = "All " + count(limit, "session") + " are taken: the next sign-in ends the oldest."
		}
		all = append(all, recommendation{"laptop", text, devices, "Look through them"})
	}
	switch {
	case !u.SecondFactor():
		all = append(all, recommendation{"shield-check", "Your password alone opens your account. With a passkey or an authenticator app, whoever learns the password still cannot sign in.",
			securityPage, "Set up a second step"})
	case codes <= fewCodes:
		all = append(all, recommendation{"key-round", left(codes) + ". Without one, losing your second step means losing your account.",
			recoveryCodesPage, "Make new ones"})
	}
	if now.Sub(u.PasswordChangedAt) >= oldPassword {
		all = append(all, recommendation{"key-round", "Your password is more than a year old. That is fine, unless you use it anywhere else.",
			"/account/security/password", "Change it"})
	}
	return all
}

// left says "1 recovery code is left".
func left(codes int) string {
	switch codes {
	case 0:
		return "No recovery code is left"
	case 1:
		return "1 recovery code is left"
	}
	return count(codes, "recovery code") + " are left"
}

// have says "1 session has" or "2 sessions have".
func have(n int, thing string) string {
	if n == 1 {
		return count(n, thing) + " has"
	}
	return count(n, thing) + " have"
}
