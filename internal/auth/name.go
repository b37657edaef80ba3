package auth

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is how long a name may be, in code points.
const MaxName = 100

// A NameError explains to the person why a name cannot be used.
type NameError string

func (e NameError) Error() string { return string(e) }

// CleanName returns the name as it is stored, single-spaced, or a NameError. Characters that cannot be seen, or that
// turn the direction of the text around them, would let a name pretend to be something else.
func CleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return "", NameError("Tell us what to call you.")
	case utf8.RuneCountInString(name) > MaxName:
		return "", NameError(fmt.Sprintf("Use at most %d characters.", MaxName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isDeceptive):
		return "", NameError("Leave out invisible characters and those that change the direction of the text.")
	}
	return name, nil
}

// isDeceptive reports whether a character is invisible or reorders its neighbours. Joiners stay: many names need them.
func isDeceptive(c rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = 0x200c, 0x200d
	if c == zeroWidthNonJoiner || c == zeroWidthJoiner {
		return false
	}
	return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}
