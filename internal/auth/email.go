package auth

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// ErrEmail means that the text is not an email address to which an email could be sent.
var ErrEmail = errors.New("not an email address")

// An EmailError is an ErrEmail that explains to the person why an address cannot be used.
type EmailError string

func (e EmailError) Error() string { return string(e) }

// Is makes errors.Is find an ErrEmail.
func (EmailError) Is(target error) bool { return target == ErrEmail }

const (
	errNotAnAddress EmailError = "Write an address like name@example.com."
	errNoSuchDomain EmailError = "No email arrives there: what stands after the @ cannot be the name of a mail domain."
	errNotDelivered EmailError = "Use an address with nothing but English letters, digits and signs before the @. Many mail servers refuse others."
)

// domains maps the name of a domain for a look-up (UTS 46, RFC 5891) and checks its lengths.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.CheckJoiners(true), idna.VerifyDNSLength(true))

// NormalizeEmail returns the form of an address by which accounts are looked up: lower case, with the ASCII form of an
// international domain. Addresses that differ only in case are one account, because people who capitalise are more common than
// providers that distinguish case. A domain without an ASCII form stays as it is, for accounts that were made with one.
func NormalizeEmail(email string) (string, error) {
	a, err := readEmail(email)
	if err != nil {
		return "", err
	}
	return a.local + "@" + a.domain, nil
}

// EmailForms are all keys that the account of an address may have: before domains were turned into ASCII, it was what was
// typed. That comes first, because both forms may be an account.
func EmailForms(email string) ([]string, error) {
	a, err := readEmail(email)
	if err != nil {
		return nil, err
	}
	readable, _ := domains.ToUnicode(a.domain)
	return []string{a.local + "@" + a.typed, a.local + "@" + a.domain, a.local + "@" + readable}, nil
}

// NewEmail returns an address as an account gets it, with a readable domain, and its key. An EmailError for one at which no
// email would arrive.
func NewEmail(typed string) (email, key string, err error) {
	a, err := readEmail(typed)
	switch {
	case err != nil:
		return "", "", err
	case !a.exists:
		return "", "", errNoSuchDomain
	case strings.ContainsFunc(a.local, func(c rune) bool { return c > unicode.MaxASCII }): // a server on the way may lack SMTPUTF8 (RFC 6531)
		return "", "", errNotDelivered
	}
	return ReadableEmail(norm.NFC.String(typed)), a.local + "@" + a.domain, nil
}

// CheckEmail returns an EmailError for an address at which no email arrives, but for those that only a new account must not
// have.
func CheckEmail(typed string) error {
	if _, _, err := NewEmail(typed); err != nil && !errors.Is(err, errNotDelivered) {
		return err
	}
	return nil
}

// ReadableEmail returns the address with its international domain as people read it.
func ReadableEmail(email string) string {
	at := strings.LastIndexByte(email, '@') + 1
	if domain := email[at:]; strings.ContainsFunc(domain, func(c rune) bool { return c > unicode.MaxASCII }) || strings.Contains(strings.ToLower(domain), "xn--") {
		if readable, err := domains.ToUnicode(domain); err == nil {
			return email[:at] + readable
		}
	}
	return email
}

const maxEmail = 254 // bytes (RFC 5321, erratum 1690)

// parts are the parts of an address, in lower case.
type parts struct {
	local, typed string
	domain       string // as typed, unless it exists
	exists       bool   // it can be the name of a domain
}

func readEmail(email string) (parts, error) {
	email = norm.NFC.String(email)
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || len(email) > maxEmail || strings.ContainsAny(email, ` "<>()[]:;,\`) {
		return parts{}, errNotAnAddress
	}
	var a parts
	a.local, a.typed, _ = strings.Cut(strings.ToLower(email), "@")
	a.domain = a.typed
	if ascii, err := domains.ToASCII(a.typed); err == nil && len(a.local)+1+len(ascii) <= maxEmail {
		top := ascii[strings.LastIndexByte(ascii, '.')+1:]
		a.domain, a.exists = ascii, strings.Trim(top, "0123456789") != "" // RFC 3696 section 2
	}
	if !strings.Contains(strings.Trim(a.domain, "."), ".") && a.domain != "localhost" {
		return parts{}, errNotAnAddress
	}
	if strings.ContainsFunc(a.local+a.domain, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return parts{}, errNotAnAddress
	}
	return a, nil
}
