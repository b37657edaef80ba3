package auth

import (
	"crypto/rand"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"example.com/gatehouse/internal/brand"
)

// Lengths of a password in code points (NIST SP 800-63B-4 section 3.1.1.2; ASVS v5.0.0-6.2.1, 6.2.9).
const (
	MinPassword = 15 // also with a second factor, because that can be removed
	MaxPassword = 128
)

// A PasswordError explains to the person why a password cannot be chosen.
type PasswordError string

func (e PasswordError) Error() string { return string(e) }

//go:embed common-passwords.txt
var commonPasswords string

// common is built on first use, because most operator's commands check no passwords.
var common = sync.OnceValue(func() map[string]struct{} {
	lines := strings.Fields(commonPasswords)
	set := make(map[string]struct{}, len(lines))
	for _, line := range lines {
		set[line] = struct{}{}
	}
	return set
})

// NewPassword makes a password of 100 random bits that is easy to read out.
func NewPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[0:5], text[5:10], text[10:15], text[15:20]}, "-")
}

// NormalPassword returns the form of a password that is checked and hashed, so that the same keys on another machine
// give the same password (NFC, NIST SP 800-63B-4 section 3.1.1.2). Nothing is trimmed or folded.
func NormalPassword(password string) string { return norm.NFC.String(password) }

// CheckNewPassword returns a PasswordError when the password is too short, too long, among the first ones attackers try
// or put together from them, or made of the words around the account. There are no composition rules (ASVS v5.0.0-6.2.4, 6.2.5, 6.2.11).
func CheckNewPassword(password string, minLength int, contextWords ...string) error {
	password = NormalPassword(password)
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return PasswordError("Choose a password.")
	case n < minLength:
		return PasswordError(fmt.Sprintf("Use at least %d characters. A few words in a row are easy to remember.", minLength))
	case n > MaxPassword:
		return PasswordError(fmt.Sprintf("Use at most %d characters.", MaxPassword))
	}
	folded := strings.ToLower(password)
	if _, listed := common()[folded]; listed || isRepetition(folded) {
		return PasswordError(tooCommon)
	}
	if why := fewPieces(folded); why != "" {
		return PasswordError(why)
	}
	if onlyContext(folded, contextWords) {
		return PasswordError("This password is made of your name, your address or the name of this portal. Choose another.")
	}
	return nil
}

// isRepetition reports whether the password repeats a short or common piece.
func isRepetition(password string) bool {
	runes := []rune(password)
	for size := 1; size <= len(runes)/2; size++ {
		if len(runes)%size != 0 {
			continue
		}
		piece := string(runes[:size])
		if strings.Repeat(piece, len(runes)/size) != password {
			continue
		}
		_, listed := common()[piece]
		return size <= 4 || listed
	}
	return false
}

// onlyContext reports whether nothing but digits and punctuation is left when the words of the context are taken out.
func onlyContext(password string, words []string) bool {
	left := password
	for _, phrase := range append(words, brand.Name) {
		phrase = strings.ToLower(NormalPassword(phrase))
		left = strings.ReplaceAll(left, phrase, " ")
		for word := range strings.FieldsFuncSeq(phrase, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(word) >= 3 {
				left = strings.ReplaceAll(left, word, " ")
			}
		}
	}
	return left != password && !strings.ContainsFunc(left, unicode.IsLetter)
}
