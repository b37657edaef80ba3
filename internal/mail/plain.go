package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns is the width of an email's lines. Links are not broken.
const columns = 72

// greeting uses the name only if it cannot be mistaken for a link or another sentence.
func greeting(name string) string {
	name = strings.TrimSpace(name)
	if !plain(name, 40, "'’-") {
		return "Hello,"
	}
	return "Hello " + name + ","
}

// plain reports whether text from outside may stand in an email: at most limit characters on one line, letters, spaces
// and those in also. A full stop has to end a word, because mail programs make links of "evil.example" and of
// "192.0.2.1" without being asked.
func plain(s string, limit int, also string) bool {
	if s == "" || utf8.RuneCountInString(s) > limit {
		return false
	}
	for i, r := range s {
		switch {
		case r == ' ', unicode.IsLetter(r), unicode.IsMark(r), strings.ContainsRune(also, r):
		case r == '.' && (i+1 == len(s) || s[i+1] == ' '):
		default:
			return false
		}
	}
	return true
}

// wrap fills lines up to the width. Line breaks in the paragraph are spaces like
// any other: no text from outside begins a line of its own.
func wrap(paragraph string) string {
	var b strings.Builder
	used := 0
	for word := range strings.FieldsSeq(paragraph) {
		width := utf8.RuneCountInString(word)
		switch {
		case used == 0:
		case used+1+width > columns:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += width
	}
	return b.String()
}
