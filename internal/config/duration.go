package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// parseDuration reads Go's durations with whole years and days in front: 500ms, 30m, 7d, 1d12h, 2y. A day is 24 hours, a
// year 365 days.
func parseDuration(text string) (time.Duration, error) {
	var d time.Duration
	rest := text
	for _, unit := range []struct {
		sign string
		is   time.Duration
		bits int // of a count that fits: the largest years and days together are 217 years, of 292
	}{{"y", year, 7}, {"d", day, 15}} {
		count, after, found := strings.Cut(rest, unit.sign)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(count, 10, unit.bits)
		if err != nil {
			return 0, fmt.Errorf("%s of %q: %w", unit.sign, text, err)
		}
		d, rest = d+time.Duration(n)*unit.is, after
	}
	if rest != "" {
		more, err := time.ParseDuration(rest)
		if err != nil {
			return 0, err
		}
		// The sum of two durations that each fit can only overflow into a negative one.
		if d += more; more < 0 || d < 0 {
			return 0, fmt.Errorf("%q is negative or too long", text)
		}
	}
	return d, nil
}

// formatDuration is the shortest text that parseDuration reads back.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	if d%year == 0 {
		return strconv.Itoa(int(d/year)) + "y"
	}
	if d > day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// duration refuses what is not a duration of at least least.
func (l *loader) duration(name, text string, byDefault, least time.Duration) time.Duration {
	if text == "" {
		return byDefault
	}
	d, err := parseDuration(text)
	if err != nil {
		l.refuse(name, "%q is not a duration such as 30m, 24h or 7d", text)
		return byDefault
	}
	if d < least {
		l.refuse(name, "%q is less than %s", text, formatDuration(least))
		return byDefault
	}
	return d
}
