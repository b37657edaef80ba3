package auth

import (
	"errors"
	"strings"
	"testing"

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
