package auth

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// TypedCode reads a code as people type and paste it: it returns the letters in capitals and the digits, of full width or of
// any script, as ASCII. It drops everything else, such as gaps, hyphens of all kinds and marks that nobody sees.
func TypedCode(typed string) string {
	return strings.Map(func(c rune) rune {
		switch c = unicode.ToUpper(c); {
		case unicode.IsDigit(c):
			return '0' + digitValue(c)
		case c == 'İ': // the capital of i on a Turkish keyboard
			return 'I'
		case c >= 'A' && c <= 'Z':
			return c
		}
		return -1
	}, norm.NFKC.String(typed))
}

// digitValue counts from the zero of the script: the ten digits of each stand in a row (Unicode 4.6).
func digitValue(c rune) rune {
	zero := c
	for unicode.IsDigit(zero - 1) {
		zero--
	}
	return (c - zero) % 10
}
