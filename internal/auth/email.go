package auth

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrEmail means the text is not an email address a letter could be sent to.
var ErrEmail = errors.New("not an email address")

// EmailKey returns the form of an address that accounts are looked up by: NFC and lower case. Two addresses that
// differ only in case are one account; providers that tell them apart are rarer than people who capitalise.
func NormalizeEmail(email string) (string, error) {
	email = norm.NFC.String(email)
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || len(email) > 254 {
		return "", ErrEmail
	}
	_, domain, _ := strings.Cut(email, "@")
	if !strings.Contains(strings.Trim(domain, "."), ".") && domain != "localhost" {
		return "", ErrEmail
	}
	if strings.ContainsAny(email, ` "<>()[]:;,\`) || strings.ContainsFunc(email, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return "", ErrEmail
	}
	return strings.ToLower(email), nil
}
