package auth

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Why a password is easy to guess, in words for the person who chose it.
const (
	tooCommon   = "This password is one of the first that attackers try. Choose another."
	ofPatterns  = "This password follows the keys of a keyboard, the alphabet or the digits, and attackers try these first. Choose another."
	ofFewWords  = "This password is made of one or two common words and digits, and attackers try these first. Choose another."
	maxWords    = 2 // of those that attackers try: with the lists they have, three in a row are too many to try
	maxDigits   = 8 // as in a date
	minWord     = 4
	minPattern  = 3
	unreachable = maxWords + 1
)

// rows are neighbours: of keyboards (QWERTY, QWERTZ, AZERTY) along and across, of the alphabet, of the digits. They are followed in
// both directions.
var rows = strings.Fields("abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop[] asdfghjkl;' zxcvbnm,./ qwertzuiop yxcvbnm,.- azertyuiop" +
	" qsdfghjklm wxcvbn !@#$%^&*() 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik, 9ol. 0p;/ qazwsxedcrfvtgbyhnujmikolp 147258369 q1w2e3r4t5y6u7i8o9p0")

var patterns = sync.OnceValue(func() map[string]struct{} {
	set := map[string]struct{}{}
	for _, row := range rows {
		backwards := []byte(row)
		for i := range row {
			backwards[len(row)-1-i] = row[i]
		}
		for _, s := range []string{row, string(backwards)} {
			for from := range s {
				for to := from + minPattern; to <= len(s); to++ {
					set[s[from:to]] = struct{}{}
				}
			}
		}
	}
	return set
})

// words are the listed passwords, and what is left of each without the digits and punctuation around it.
var words = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, 2*len(common()))
	for listed := range common() {
		set[listed] = struct{}{}
		word := strings.TrimFunc(listed, func(r rune) bool { return !unicode.IsLetter(r) })
		if len(word) >= minWord {
			set[word] = struct{}{}
		}
	}
	return set
})

// The last piece of a way to put a password together. A number beside digits of a pattern is a longer number, and no piece.
const (
	afterWord = iota // or a sign, or a pattern that ends with a letter
	afterNumber
	afterDigits // of a pattern
	pieces
)

// fewPieces says why a password that is nothing but pieces which attackers put together is easy to guess: one or two common words, with
// patterns, short numbers and punctuation around and between them. It returns "" for any other. The password is in lower case.
func fewPieces(password string) string {
	fewest := make([][pieces]int, len(password)+1) // words in a way to put the password together up to a byte, by its last piece
	for i := range fewest[1:] {
		fewest[i+1] = [pieces]int{unreachable, unreachable, unreachable}
	}
	reach := func(to, last, n int) { fewest[to][last] = min(fewest[to][last], n) }
	pattern := false
	for from := range password {
		here := fewest[from]
		least := slices.Min(here[:])
		if least > maxWords {
			continue
		}
		if isSign(password[from]) {
			reach(from+1, afterWord, least)
		}
		for to := from + 1; to <= min(len(password), from+maxDigits) && isDigit(password[to-1]); to++ {
			reach(to, afterNumber, here[afterWord])
		}
		for to := from + minPattern; to <= len(password); to++ {
			piece := password[from:to]
			if _, ok := words()[piece]; ok {
				reach(to, afterWord, least+1)
			}
			if _, ok := patterns()[piece]; ok {
				pattern = true
				before := least
				if isDigit(piece[0]) {
					before = min(here[afterWord], here[afterDigits])
				}
				if isDigit(piece[len(piece)-1]) {
					reach(to, afterDigits, before)
				} else {
					reach(to, afterWord, before)
				}
			}
		}
	}
	switch n := slices.Min(fewest[len(password)][:]); {
	case n == 0 && pattern:
		return ofPatterns
	case n == 1 || n == maxWords:
		return ofFewWords
	}
	return ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isSign reports whether the byte is punctuation, a symbol or the space of ASCII.
func isSign(c byte) bool {
	return ' ' <= c && c <= '~' && !isDigit(c) && !('a' <= c && c <= 'z')
}
