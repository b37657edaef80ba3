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
	emails          = Composer{Base: base + "/"}
	passwordChanged = time.Date(2026, 11, 20, 21, 4, 5, 0, time.FixedZone("office", 3600))
)

func TestEmails(t *testing.T) {
	for name, tt := range map[string]struct {
		email   Email
		subject string
		lines   []string // each is a line of its own
		words   []string
	}{
		"Confirm": {
			emails.ConfirmSignUp("marta@example.org", "TOKEN", passwordChanged, "Firefox on Linux", 24*time.Hour),
			"Confirm your email address",
			[]string{"Hello,", base + "/email/confirm/TOKEN"},
			[]string{"On 20 November 2026 at 20:04 UTC, from Firefox on Linux", "works for 24 hours", "If it was not you, do not confirm it"},
		},
		"AlreadyMember": {
			emails.AlreadyMember("marta@example.org"),
			"You already have an account",
			[]string{"Hello,", base + "/login"},
			[]string{"If it was not you"},
		},
		"Unlock": {
			emails.Unlock("marta@example.org", "Marta Reis", "KEY", time.Hour),
			"Many wrong passwords for your account",
			[]string{"Hello Marta Reis,", base + "/login?unlock=KEY"},
			[]string{"works for 1 hour.", "If it was not you"},
		},
		"PasswordChanged": {
			emails.PasswordChanged("marta@example.org", "Marta Reis", passwordChanged, "Firefox on Linux"),
			"Your password was changed",
			[]string{"Hello Marta Reis,", base + "/password/forgot", base + "/account/secure"},
			[]string{"20 November 2026 at 20:04 UTC from Firefox on Linux.", "If it was not you, your password opens nothing any more. Get another by email"},
		},
		"CookieReused": {
			emails.CookieReused("marta@example.org", "Marta Reis", passwordChanged, "Firefox on Linux", "HANDLE"),
			"One of your sessions looks suspicious",
			[]string{"Hello Marta Reis,", base + "/account/sessions/HANDLE/recognise"},
			[]string{"begun with Firefox on Linux, had replaced its cookie", "used again on 20 November 2026 at 20:04 UTC.",
				"sign that session out, change your password, look at your other sessions and at your second steps."},
		},
		"BrowserChanged": {
			emails.BrowserChanged("marta@example.org", "Marta Reis", BrowserChange{passwordChanged, "HANDLE", "Firefox on Linux", "Chrome on Windows", "198.51.100.0/24", false}),
			"One of your sessions was used from another browser",
			[]string{"Hello Marta Reis,", base + "/account/sessions/HANDLE/recognise"},
			[]string{"begun with Firefox on Linux, was used from Chrome on Windows on 20 November 2026 at 20:04 UTC, and from elsewhere, the network 198.51.100.0/24.",
				"somebody may have copied its cookie. We have flagged it for you.", "If it was not you"},
		},
		"BrowserChanged, on the same network": {
			emails.BrowserChanged("marta@example.org", "Marta Reis", BrowserChange{passwordChanged, "HANDLE", "Firefox on Linux", "Chrome on Windows", "", false}),
			"One of your sessions was used from another browser",
			[]string{"Hello Marta Reis,", base + "/account/sessions/HANDLE/recognise"},
			[]string{"UTC, on the same network as before. We have flagged it", "desktop site of a page", "If it was not you"},
		},
		"BrowserChanged, ended": {
			emails.BrowserChanged("marta@example.org", "Marta Reis", BrowserChange{passwordChanged, "HANDLE", "Firefox on Linux", "Chrome on Windows", "198.51.100.0/24", true}),
			"One of your sessions was used from another browser",
			[]string{base + "/account/secure"},
			[]string{"We have ended it."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.email.To != "marta@example.org" || tt.email.Subject != tt.subject || tt.email.ID == "" || tt.email.At.Location() != time.UTC {
				t.Errorf("got %+v, want subject %q to marta@example.org, an ID and UTC", tt.email, tt.subject)
			}
			for _, line := range tt.lines {
				if !strings.Contains("\n"+tt.email.Text, "\n"+line+"\n") {
					t.Errorf("got no line %q in\n%s", line, tt.email.Text)
				}
			}
			flowing := strings.Join(strings.Fields(tt.email.Text), " ")
			for _, words := range append(tt.words, "sent to marta@example.org by "+base) {
				if !strings.Contains(flowing, words) {
					t.Errorf("got no %q in\n%s", words, tt.email.Text)
				}
			}
			wellFormed(t, tt.email)
		})
	}
}

var link = regexp.MustCompile(`\S*(://|www\.)\S*`)

// wellFormed holds for every email: width, links, voice.
func wellFormed(t *testing.T, l Email) {
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
		for _, l := range []Email{
			emails.Unlock("marta@example.org", name, "KEY", time.Hour),
			emails.PasswordChanged("marta@example.org", name, passwordChanged, "Firefox on Linux"),
			emails.CookieReused("marta@example.org", name, passwordChanged, "Firefox on Linux", "HANDLE"),
			emails.BrowserChanged("marta@example.org", name, BrowserChange{passwordChanged, "HANDLE", "Firefox on Linux", "Chrome on Windows", "198.51.100.0/24", false}),
		} {
			if !strings.HasPrefix(l.Text, "Hello,\n") {
				t.Errorf("name %q: got greeting %.60q, want %q", name, l.Text, "Hello,")
			}
			wellFormed(t, l)
		}
	}
	for _, name := range []string{"Marta Reis", "Dr. Grace O'Hara-Núñez", "Łukasz Ż.", "李小龍", "नेहा शर्मा", " Marta "} {
		l := emails.Unlock("marta@example.org", name, "KEY", time.Hour)
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
			email Email
			words string
		}{
			{emails.PasswordChanged("marta@example.org", "Marta", passwordChanged, device), "UTC from " + want + ". All other"},
			{emails.CookieReused("marta@example.org", "Marta", passwordChanged, device, "HANDLE"), "begun with " + want + ", had"},
			{emails.BrowserChanged("marta@example.org", "Marta", BrowserChange{passwordChanged, "HANDLE", device, "Safari on macOS", "198.51.100.0/24", true}), "begun with " + want + ", was"},
			{emails.BrowserChanged("marta@example.org", "Marta", BrowserChange{passwordChanged, "HANDLE", "Safari on macOS", device, "198.51.100.0/24", true}), "was used from " + want + " on 20"},
		} {
			if text := strings.Join(strings.Fields(says.email.Text), " "); !strings.Contains(text, says.words) {
				t.Errorf("device %q: got\n%s\nwant %q", device, says.email.Text, says.words)
			}
			wellFormed(t, says.email)
		}
	}
}

func TestTokensAreEscaped(t *testing.T) {
	for _, l := range []Email{
		emails.ConfirmSignUp("marta@example.org", "a/../b?c#d e\nf", passwordChanged, "Firefox on Linux", time.Hour),
		emails.Unlock("marta@example.org", "", "a/../b?c#d e\nf&x", time.Hour),
	} {
		if strings.Contains(l.Text, "/../") || strings.Contains(l.Text, "#d") || strings.Contains(l.Text, "&x") || strings.Contains(l.Text, "\nf") {
			t.Errorf("got an unescaped token in\n%s", l.Text)
		}
	}
}

// An address is user-written too: it cannot begin a line.
func TestAddressForgesNoLine(t *testing.T) {
	l := emails.AlreadyMember("marta@example.org\n\nYou have won")
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
		if got := formatDuration(in); got != want {
			t.Errorf("lasting(%s): got %q, want %q", in, got, want)
		}
	}
}

// The country stands in an email only where it cannot be taken for anything else, and never in place of the device.
func TestDeviceIn(t *testing.T) {
	for country, want := range map[string]string{
		"Portugal": "Firefox on Linux in Portugal", "New Zealand": "Firefox on Linux in New Zealand", "": "Firefox on Linux",
		"evil.example": "Firefox on Linux", "http://evil": "Firefox on Linux", strings.Repeat("Long ", 7): "Firefox on Linux",
	} {
		if got := DeviceIn("Firefox on Linux", country); got != want {
			t.Errorf("%q: got %q, want %q", country, got, want)
		}
	}
}
