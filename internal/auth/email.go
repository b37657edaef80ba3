package auth

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrEmail means that the text is not an email address to which an email could be sent.
var ErrEmail = errors.New("not an email address")

// NormalizeEmail returns the form of an address by which accounts are looked up: NFC and lower case. Addresses that
// differ only in case are one account, because people who capitalise are more common than providers that distinguish
// case.
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
