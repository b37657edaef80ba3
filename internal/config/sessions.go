package config

import (
	"fmt"
	"time"

	"example.com/gatehouse/internal/brand"
)

// A profile presets the limits of sessions.
type profile struct{ idle, lifetime, elevation, rememberIdle, rememberLifetime time.Duration }

var profiles = map[string]profile{
	"banking":  {10 * time.Minute, 8 * time.Hour, 15 * time.Minute, 0, 0},
	"standard": {30 * time.Minute, day, 15 * time.Minute, 7 * day, 30 * day},
	"relaxed":  {2 * time.Hour, day, 15 * time.Minute, 7 * day, 30 * day},
}

// sessions reads PROFILE and everything it presets.
func (l *loader) sessions() {
	s, f := &l.s, l.flags
	s.Profile = l.oneOf("PROFILE", f.Profile, "standard", "banking", "relaxed")
	p := profiles[s.Profile]
	s.SessionIdle = l.duration("SESSION_IDLE", f.SessionIdle, p.idle, time.Second)
	s.SessionLifetime = l.duration("SESSION_LIFETIME", f.SessionLifetime, p.lifetime, time.Second)
	s.SessionElevation = l.duration("SESSION_ELEVATION", f.SessionElevation, p.elevation, time.Second)
	l.limits(p)
	l.warning()
	l.remember(p)
	l.touch()
	s.SessionsPerUser = l.number("SESSIONS_PER_USER", f.SessionsPerUser, 20, 1, 1000)
	s.OnClientChange = l.oneOf("ON_CLIENT_CHANGE", f.OnClientChange, "flag", "reauth", "end")
	s.RequireSecondFactor = l.oneOf("REQUIRE_SECOND_FACTOR", f.RequireSecondFactor, "false", "true") == "true"
	s.SweepEvery = l.duration("SWEEP_EVERY", f.SweepEvery, time.Minute, time.Millisecond)
	// An hour in production is the least that still tells people why they were signed out.
	least := time.Millisecond
	if s.Production() {
		least = time.Hour
	}
	s.KeepEnded = l.duration("KEEP_ENDED", f.KeepEnded, 30*day, least)
}

// limits compares idle timeout, lifetime and elevation. Eleven times, because whoever needs more time has to be able to
// extend ten times (WCAG 2.2.1); a day and an hour are what NIST SP 800-63B-4 section 2.2.3 recommends for AAL2.
func (l *loader) limits(p profile) {
	if !l.fine("PROFILE", "SESSION_IDLE", "SESSION_LIFETIME") {
		return
	}
	idle, lifetime := l.s.SessionIdle, l.s.SessionLifetime
	const short = "%s is less than 11 times %s: it could not be extended ten times (WCAG 2.2.1)"
	switch {
	case idle > lifetime:
		l.refuse("SESSION_IDLE", "%s is longer than %s", formatDuration(idle), named("SESSION_LIFETIME", lifetime))
		return
	case lifetime/11 >= idle:
	case l.s.Production() && !l.s.AllowShortLifetime:
		l.refuse("SESSION_LIFETIME", short+"; %s accepts that", formatDuration(lifetime), named("SESSION_IDLE", idle), brand.Env("ALLOW_SHORT_LIFETIME"))
	default:
		l.warn("SESSION_LIFETIME", short, formatDuration(lifetime), named("SESSION_IDLE", idle))
	}
	if lifetime > day {
		l.warn("SESSION_LIFETIME", "%s is longer than a day (NIST SP 800-63B-4, AAL2)", formatDuration(lifetime))
	}
	if idle > max(p.idle, time.Hour) {
		l.warn("SESSION_IDLE", "%s is longer than an hour (NIST SP 800-63B-4, AAL2)", formatDuration(idle))
	}
	if l.fine("SESSION_ELEVATION") && l.s.SessionElevation >= lifetime {
		l.warn("SESSION_ELEVATION", "%s is not shorter than %s: nobody will be asked for the password again",
			formatDuration(l.s.SessionElevation), named("SESSION_LIFETIME", lifetime))
	}
}

// named is another setting in a message: its variable and its value.
func named(setting string, d time.Duration) string {
	return fmt.Sprintf("%s (%s)", brand.Env(setting), formatDuration(d))
}

// warning reads SESSION_WARNING. WCAG 2.2.1 asks for 20 seconds to react.
func (l *loader) warning() {
	const least = 20 * time.Second
	idle := l.s.SessionIdle
	byDefault := min(max(idle/5, 30*time.Second), 2*time.Minute, idle/2)
	warning := l.duration("SESSION_WARNING", l.flags.SessionWarning, byDefault, time.Millisecond)
	l.s.SessionWarning = warning
	if !l.fine("PROFILE", "SESSION_IDLE", "SESSION_WARNING") {
		return
	}
	switch {
	case warning >= idle:
		l.refuse("SESSION_WARNING", "%s is not shorter than %s", formatDuration(warning), named("SESSION_IDLE", idle))
	case warning >= least || !l.s.Production():
	case l.flags.SessionWarning == "":
		l.refuse("SESSION_IDLE", "%s is less than %s: it leaves too little time to react to a warning (WCAG 2.2.1)", formatDuration(idle), formatDuration(2*least))
	default:
		l.refuse("SESSION_WARNING", "%s is less than %s, which production requires (WCAG 2.2.1)", formatDuration(warning), formatDuration(least))
	}
}

// touch reads SESSION_TOUCH, which follows the shortest idle timeout. Half of it is the most: with more, a session that is
// used all the time would end as one that is not.
func (l *loader) touch() {
	setting, idle := "SESSION_IDLE", l.s.SessionIdle
	if l.s.Remember() && l.s.RememberIdle < idle {
		setting, idle = "REMEMBER_IDLE", l.s.RememberIdle
	}
	byDefault := min(idle/30, time.Minute).Truncate(time.Millisecond)
	l.s.SessionTouch = l.duration("SESSION_TOUCH", l.flags.SessionTouch, byDefault, time.Millisecond)
	if l.fine("PROFILE", "SESSION_IDLE", "REMEMBER_IDLE", "REMEMBER_LIFETIME", "SESSION_TOUCH") && l.s.SessionTouch > idle/2 {
		l.refuse("SESSION_TOUCH", "%s is more than half of %s", formatDuration(l.s.SessionTouch), named(setting, idle))
	}
}

// remember reads REMEMBER_IDLE and REMEMBER_LIFETIME. Setting either to 0 and leaving the other out switches both off.
func (l *loader) remember(p profile) {
	s, f := &l.s, l.flags
	s.RememberIdle = l.duration("REMEMBER_IDLE", f.RememberIdle, p.rememberIdle, 0)
	s.RememberLifetime = l.duration("REMEMBER_LIFETIME", f.RememberLifetime, p.rememberLifetime, 0)
	if !l.fine("PROFILE", "REMEMBER_IDLE", "REMEMBER_LIFETIME") {
		return
	}
	if s.RememberIdle == 0 && f.RememberLifetime == "" || s.RememberLifetime == 0 && f.RememberIdle == "" {
		s.RememberIdle, s.RememberLifetime = 0, 0
	}
	idle, lifetime := formatDuration(s.RememberIdle), formatDuration(s.RememberLifetime)
	switch {
	case (s.RememberIdle == 0) != (s.RememberLifetime == 0):
		l.refuse("REMEMBER_IDLE", "is %s and %s %s: set both, or 0 for both", idle, brand.Env("REMEMBER_LIFETIME"), lifetime)
	case s.RememberIdle > 0 && s.RememberIdle < time.Second:
		l.refuse("REMEMBER_IDLE", "%s is less than 1s", idle)
	case s.RememberIdle > s.RememberLifetime:
		l.refuse("REMEMBER_IDLE", "%s is longer than %s", idle, named("REMEMBER_LIFETIME", s.RememberLifetime))
	case s.RememberLifetime > 30*day:
		l.warn("REMEMBER_LIFETIME", "%s is longer than 30 days (NIST SP 800-63B-4, AAL1)", lifetime)
	}
	if s.Remember() && l.fine("SESSION_IDLE", "SESSION_LIFETIME") && (s.RememberIdle < s.SessionIdle || s.RememberLifetime < s.SessionLifetime) {
		l.warn("REMEMBER_IDLE", "%s, up to %s, ends sessions sooner than not being kept signed in", idle, lifetime)
	}
}
