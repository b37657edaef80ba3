package mail

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const base = "https://portal.example.com"

var (
	letters = Letters{Base: base + "/"}
	changed = time.Date(2026, 11, 20, 21, 4, 5, 0, time.FixedZone("office", 3600))
)

func TestLetters(t *testing.T) {
	for name, tt := range map[string]struct {
		letter  Letter
		subject string
		lines   []string // each is a line of its own
		words   []string
	}{
		"Confirm": {
			letters.ConfirmSignUp("marta@example.org", "TOKEN", changed, "Firefox on Linux", 24*time.Hour),
			"Confirm your email address",
			[]string{"Hello,", base + "/email/confirm/TOKEN"},
			[]string{"On 20 November 2026 at 20:04 UTC, from Firefox on Linux", "works for 24 hours", "If it was not you, do not confirm it"},
		},
		"AlreadyMember": {
			letters.AlreadyMember("marta@example.org"),
			"You already have an account",
			[]string{"Hello,", base + "/login"},
			[]string{"If it was not you"},
		},
		"Unlock": {
			letters.Unlock("marta@example.org", "Marta Reis", "KEY", time.Hour),
			"Many wrong passwords for your account",
			[]string{"Hello Marta Reis,", base + "/login?unlock=KEY"},
			[]string{"works for 1 hour.", "If it was not you"},
		},
		"PasswordChanged": {
			letters.PasswordChanged("marta@example.org", "Marta Reis", changed, "Firefox on Linux"),
			"Your password was changed",
			[]string{"Hello Marta Reis,", base + "/account/security/password", base + "/account/activity"},
			[]string{"20 November 2026 at 20:04 UTC from Firefox on Linux.", "If it was not you", "If you cannot sign in, choose another password"},
		},
		"CookieReused": {
			letters.CookieReused("marta@example.org", "Marta Reis", changed, "Firefox on Linux"),
			"One of your sessions is worth a look",
			[]string{"Hello Marta Reis,", base + "/account/sessions", base + "/account/security/password"},
			[]string{"begun with Firefox on Linux, had replaced its cookie", "used again on 20 November 2026 at 20:04 UTC."},
		},
		"BrowserChanged": {
			letters.BrowserChanged("marta@example.org", "Marta Reis", changed, "Firefox on Linux", "Chrome on Windows", false),
			"One of your sessions was used from another browser",
			[]string{"Hello Marta Reis,", base + "/account/sessions", base + "/account/security/password"},
			[]string{"begun with Firefox on Linux, was used from Chrome on Windows on 20 November 2026 at 20:04 UTC.", "We have marked it for you.", "If it was not you"},
		},
		"BrowserChanged, ended": {
			letters.BrowserChanged("marta@example.org", "Marta Reis", changed, "Firefox on Linux", "Chrome on Windows", true),
			"One of your sessions was used from another browser",
			[]string{base + "/account/sessions"},
			[]string{"We have ended it."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.letter.To != "marta@example.org" || tt.letter.Subject != tt.subject || tt.letter.ID == "" || tt.letter.At.Location() != time.UTC {
				t.Errorf("got %+v, want subject %q to marta@example.org, an ID and UTC", tt.letter, tt.subject)
			}
			for _, line := range tt.lines {
				if !strings.Contains("\n"+tt.letter.Text, "\n"+line+"\n") {
					t.Errorf("got no line %q in\n%s", line, tt.letter.Text)
				}
			}
			flowing := strings.Join(strings.Fields(tt.letter.Text), " ")
			for _, words := range append(tt.words, "sent to marta@example.org by "+base) {
				if !strings.Contains(flowing, words) {
					t.Errorf("got no %q in\n%s", words, tt.letter.Text)
				}
			}
			wellFormed(t, tt.letter)
		})
	}
}

var link = regexp.MustCompile(`\S*(://|www\.)\S*`)

// wellFormed holds for every letter: width, links, voice.
func wellFormed(t *testing.T, l Letter) {
	t.Helper()
	for line := range strings.Lines(l.Text) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > 72 && strings.Contains(line, " ") {
			t.Errorf("got %d columns, want at most 72: %q", n, line)
		}
	}
	for _, found := range link.FindAllString(l.Text, -1) {
		found = strings.TrimRight(found, ".,:")
		if found != base && !strings.HasPrefix(found, base+"/") {
			t.Errorf("got link %q, want it to begin with %s/", found, base)
		}
	}
	if strings.Contains(l.Text, "!") || strings.ContainsAny(l.Text, "\r\t") {
		t.Errorf("got an exclamation mark or control character in\n%s", l.Text)
	}
}

// Text that other people wrote is used whole where it can only be a name, and
// left out everywhere else.
func TestNamesForgeNothing(t *testing.T) {
	for _, name := range []string{
		"", "  ", "click http://evil.example", "https://evil.example", "www.evil.example", "evil.example", "evil。example",
		"Marta\n\nhttps://evil.example", "Marta\r\nBcc: victim@example.org", "a@evil.example",
		"Call 0800 123456", "192.0.2.1", "evil.example/login", "Marta\u202e", "Marta\x00", "\xff",
		"Marta\u2028Your account is closed", strings.Repeat("Marta ", 20), "Win!",
	} {
		for _, l := range []Letter{
			letters.Unlock("marta@example.org", name, "KEY", time.Hour),
			letters.PasswordChanged("marta@example.org", name, changed, "Firefox on Linux"),
			letters.CookieReused("marta@example.org", name, changed, "Firefox on Linux"),
			letters.BrowserChanged("marta@example.org", name, changed, "Firefox on Linux", "Chrome on Windows", false),
		} {
			if !strings.HasPrefix(l.Text, "Hello,\n") {
				t.Errorf("name %q: got greeting %.60q, want %q", name, l.Text, "Hello,")
			}
			wellFormed(t, l)
		}
	}
	for _, name := range []string{"Marta Reis", "Dr. Grace O'Hara-Núñez", "Łukasz Ż.", "李小龍", "नेहा शर्मा", " Marta "} {
		l := letters.Unlock("marta@example.org", name, "KEY", time.Hour)
		if want := "Hello " + strings.TrimSpace(name) + ",\n"; !strings.HasPrefix(l.Text, want) {
			t.Errorf("name %q: got greeting %.60q, want %q", name, l.Text, want)
		}
	}
}

func TestDevicesForgeNothing(t *testing.T) {
	for device, want := range map[string]string{
		"Chrome 156 on Windows 11":    "Chrome 156 on Windows 11",
		"":                            "a device we could not name",
		"http://evil.example":         "a device we could not name",
		"Linux\n\nhttp://evil":        "a device we could not name",
		"192.0.2.1":                   "a device we could not name",
		strings.Repeat("Firefox", 10): "a device we could not name",
	} {
		for _, says := range []struct {
			letter Letter
			words  string
		}{
			{letters.PasswordChanged("marta@example.org", "Marta", changed, device), "UTC from " + want + ". All other"},
			{letters.CookieReused("marta@example.org", "Marta", changed, device), "begun with " + want + ", had"},
			{letters.BrowserChanged("marta@example.org", "Marta", changed, device, "Safari on macOS", true), "begun with " + want + ", was"},
			{letters.BrowserChanged("marta@example.org", "Marta", changed, "Safari on macOS", device, true), "was used from " + want + " on 20"},
		} {
			if text := strings.Join(strings.Fields(says.letter.Text), " "); !strings.Contains(text, says.words) {
				t.Errorf("device %q: got\n%s\nwant %q", device, says.letter.Text, says.words)
			}
			wellFormed(t, says.letter)
		}
	}
}

func TestTokensAreEscaped(t *testing.T) {
	for _, l := range []Letter{
		letters.ConfirmSignUp("marta@example.org", "a/../b?c#d e\nf", changed, "Firefox on Linux", time.Hour),
		letters.Unlock("marta@example.org", "", "a/../b?c#d e\nf&x", time.Hour),
	} {
		if strings.Contains(l.Text, "/../") || strings.Contains(l.Text, "#d") || strings.Contains(l.Text, "&x") || strings.Contains(l.Text, "\nf") {
			t.Errorf("got an unescaped token in\n%s", l.Text)
		}
	}
}

// An address is user-written too: it cannot begin a line.
func TestAddressForgesNoLine(t *testing.T) {
	l := letters.AlreadyMember("marta@example.org\n\nYou have won")
	if !strings.Contains(l.Text, "sent to marta@example.org You have won") {
		t.Errorf("got a line of its own from the address in\n%s", l.Text)
	}
}

func TestLasting(t *testing.T) {
	for in, want := range map[time.Duration]string{
		time.Second:                "1 second",
		45 * time.Second:           "45 seconds",
		time.Minute:                "1 minute",
		30 * time.Minute:           "30 minutes",
		89*time.Second + 1:         "1 minute",
		time.Hour:                  "1 hour",
		90 * time.Minute:           "90 minutes",
		24 * time.Hour:             "24 hours",
		48 * time.Hour:             "2 days",
		36*time.Hour + time.Minute: "2161 minutes",
	} {
		if got := lasting(in); got != want {
			t.Errorf("lasting(%s): got %q, want %q", in, got, want)
		}
	}
}
