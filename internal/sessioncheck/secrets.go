package sessioncheck

import (
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// lookalike replaces each letter by a letter and each digit by a digit, at random.
func lookalike(value string) string {
	return strings.Map(func(r rune) rune {
		for _, class := range []string{lower, upper, digits} {
			if strings.ContainsRune(class, r) {
				return pick(class)
			}
		}
		return r
	}, value)
}

func pick(from string) rune {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return rune(from[n.Int64()])
}

// secrets are the values that no output may show.
type secrets struct {
	mu     sync.Mutex
	values map[string]bool
}

// shortest is the length from which a value is a secret rather than a word of the page.
const shortest = 6

// mostSecrets bounds what a server that sets cookies without end can make a scan remember.
const mostSecrets = 5000

func (s *secrets) add(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(value) >= shortest && len(value) <= 2*mostCookie && len(s.values) < mostSecrets {
		s.values[value] = true
	}
}

// masked shows enough of a token to recognise it in a log, and too little to use it.
func masked(value string) string {
	if len(value) < 16 {
		return fmt.Sprintf("… (%d characters)", len(value))
	}
	return fmt.Sprintf("%s… (%d characters)", value[:4], len(value))
}

// clean takes out what a report must not hold: secrets, and characters that move the cursor of a terminal.
func (s *secrets) clean(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	longest := slices.SortedFunc(maps.Keys(s.values), func(a, b string) int { return len(b) - len(a) })
	for _, secret := range longest {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, masked(secret))
		}
	}
	return printable(text)
}

const longestLine = 400

func printable(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	if runes := []rune(text); len(runes) > longestLine {
		text = string(runes[:longestLine]) + "…"
	}
	return text
}
