package auth

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"example.com/gatehouse/internal/brand"
)

func TestCheckNewPassword(t *testing.T) {
	const name, email = "Marta Reis", "marta.reis@example.org"
	for _, tt := range []struct {
		password, want string // want is a part of the message, "" for a good one
	}{
		{"", "Choose a password"},
		{strings.Repeat("ab", 7), "at least 15"},
		{"correct horse b", ""}, // 15
		{"fourteen chars", "at least 15"},
		{strings.Repeat("é", 14), "at least 15"},
		{strings.Repeat("e\u0301", 14), "at least 15"}, // 28 code points as typed, 14 once normalised
		{"éèêëēėęàâäáãåāç", ""},
		{strings.Repeat("long words ", 11) + "1234567", ""},             // 128
		{strings.Repeat("long words ", 11) + "12345678", "at most 128"}, // 129
		{"all lower case letters", ""},
		{"5839205839105", "at least 15"},
		{"583920583910577", ""},
		{"               x", ""},
		{"👩🎈🦀🌵🎻🧊🪁🚲🍋🦉🪐🧭🎲🌊🔭", ""},
		{"aaaaaaaaaaaaaaaa", "first that attackers try"},
		{"abcabcabcabcabcabc", "first that attackers try"},
		{"PasswordPassword", "first that attackers try"},
		{"passwordpasswordpassword", "first that attackers try"},
		{"password12345678", "common words and digits"},
		{"2019 Password 2020!", "common words and digits"},
		{"sunshineprincess", "common words and digits"},
		{"Sunshine-1987-Princess", "common words and digits"},
		{"sunshine princess dragonfly", ""}, // three
		{"password58392058391", ""},         // a long number
		{"password and 12345678", ""},
		{"839205713456789", ""}, // one long number, though it ends in a row
		{"qwertyuiopasdfghjkl", "keys of a keyboard"},
		{"1qaz2wsx3edc4rfv5tgb", "keys of a keyboard"},
		{"lkjhgfdsapoiuytrewq", "keys of a keyboard"},
		{"abcdefghijklmnop", "keys of a keyboard"},
		{"azertyuiop 123456", "keys of a keyboard"},
		{"!!!!!!!!!!!!!!!?", ""},
		{"marta.reis@example.org", "made of your name"},
		{"MartaReisMartaReis", "made of your name"},
		{"Marta-Reis-1987-1987", "made of your name"},
		{brand.Name + "1234567890123", "made of your name"},
		{strings.ToLower(brand.Name + "-" + brand.Name + "-2026-2026"), "made of your name"},
		{"marta keeps seven goats", ""}, // a listed word inside a longer one is fine
	} {
		err := CheckNewPassword(tt.password, MinPassword, name, email)
		var said string
		if err != nil {
			said = err.Error()
		}
		if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.password, said, tt.want)
		}
		if _, ok := errors.AsType[PasswordError](err); err != nil && !ok {
			t.Errorf("%q: got a %T, want a PasswordError", tt.password, err)
		}
	}
	if err := CheckNewPassword("eight ch", 8); err != nil {
		t.Errorf("eight characters with a second factor: %v", err)
	}
}

// Every listed password that is long enough is refused, in any case (ASVS v5.0.0-6.2.4).
func TestBlocklist(t *testing.T) {
	checked := 0
	for listed := range common() {
		if len([]rune(listed)) < MinPassword {
			continue
		}
		checked++
		for _, p := range []string{listed, strings.ToUpper(listed)} {
			if CheckNewPassword(p, MinPassword) == nil {
				t.Errorf("%q is accepted", p)
			}
		}
	}
	if checked < 50 || len(common()) < 20_000 {
		t.Errorf("%d of %d listed passwords checked: the list is not there", checked, len(common()))
	}
	if CheckNewPassword("password1", 8) == nil {
		t.Error("password1 is accepted with a second factor")
	}
}

// What attackers put together from the list is refused as well: a word twice, with digits around it, and two in a row.
func TestFormsOfListedWords(t *testing.T) {
	listed := slices.Sorted(maps.Keys(common()))
	checked := 0
	for i := 0; i < len(listed); i += 20 {
		word, next := listed[i], listed[(i+10_007)%len(listed)]
		for _, form := range []string{word + "12345678", "2024" + word + "2025", word + word, word + next, word + " " + next + "1!"} {
			if len(form) < MinPassword || !strings.ContainsFunc(word, unicode.IsLetter) {
				continue
			}
			checked++
			if CheckNewPassword(form, MinPassword) == nil {
				t.Errorf("%q is accepted", form)
			}
		}
	}
	if checked < 3000 {
		t.Errorf("%d forms checked, want 3,000 and more (ASVS v5.0.0-6.2.4)", checked)
	}
}

// A password of the longest that is nothing but pieces costs no more than others.
func TestPiecesOfLongPasswords(t *testing.T) {
	long := strings.Repeat("passwordabc1", MaxPassword/12)
	if got := testing.AllocsPerRun(10, func() { fewPieces(long) }); got > 2 {
		t.Errorf("%g allocations", got)
	}
}

func TestNormalizeEmail(t *testing.T) {
	for email, want := range map[string]string{
		"a@example.org": "a@example.org", "Ada@Example.ORG": "ada@example.org", "o'neil+x@example.org": "o'neil+x@example.org",
		"jose\u0301@example.org": "jos\u00e9@example.org", "a@localhost": "a@localhost", "a@b.c": "a@b.c",
		"": "", "a": "", "@example.org": "", "a@": "", "a@b": "", "a b@example.org": "", "<a@example.org>": "", "Ada <a@example.org>": "",
		"a@example.org, b@example.org": "", `"a b"@example.org`: "", "a@example.org\r\nBcc: b@example.org": "", "a@.": "",
		"a@example.org ": "", strings.Repeat("x", 250) + "@example.org": "", "a@[127.0.0.1]": "", "a@exa\u202emple.org": "", "a\x00@example.org": "",
	} {
		got, err := NormalizeEmail(email)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalizeEmail(%q): got %q, %v, want %q", email, got, err, want)
		}
	}
}
