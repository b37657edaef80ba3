package mail

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"example.com/gatehouse/internal/brand"
)

// key is the secret of an email that has one.
const key = "KEYKEYKEYKEYKEYKEYKEYKEYKE"

// every has an entry for each email. to, name and device come from people and may be hostile; key is its secret.
var every = map[string]func(to, name, device string) Email{
	"Administered": func(to, name, reason string) Email {
		return emails.Administered(to, name, passwordChanged, "An administrator switched off your account", reason)
	},
	"AfterFailures": func(to, name, device string) Email {
		return emails.AfterFailures(to, name, passwordChanged, device, device, 7)
	},
	"AlreadyMember": func(to, _, _ string) Email { return emails.AlreadyMember(to) },
	"BrowserChanged": func(to, name, device string) Email {
		return emails.BrowserChanged(to, name, BrowserChange{passwordChanged, "HANDLE", device, device, device, false})
	},
	"ConfirmEmailChange": func(to, _, _ string) Email { return emails.ConfirmEmailChange(to, key, time.Hour) },
	"ConfirmSignUp": func(to, _, device string) Email {
		return emails.ConfirmSignUp(to, key, passwordChanged, device, time.Hour)
	},
	"DeletionRequested": func(to, name, device string) Email {
		return emails.DeletionRequested(to, name, passwordChanged, device, passwordChanged.Add(14*24*time.Hour))
	},
	"DeletionStopped": func(to, name, device string) Email { return emails.DeletionStopped(to, name, passwordChanged, device) },
	"EmailChangeRequested": func(to, name, device string) Email {
		return emails.EmailChangeRequested(to, name, passwordChanged, device, key, time.Hour)
	},
	"EmailChanged": func(to, name, device string) Email {
		return emails.EmailChanged(to, name, passwordChanged, device, key, time.Hour)
	},
	"EmailInUse": func(to, _, _ string) Email { return emails.EmailInUse(to) },
	"Exported":   func(to, name, device string) Email { return emails.Exported(to, name, passwordChanged, device) },
	"FactorEnrolled": func(to, name, device string) Email {
		return emails.FactorEnrolled(to, name, passwordChanged, device)
	},
	"FactorRemoved": func(to, name, device string) Email {
		return emails.FactorRemoved(to, name, passwordChanged, device)
	},
	"PasskeyAdded":   func(to, name, device string) Email { return emails.PasskeyAdded(to, name, passwordChanged, device) },
	"PasskeyRemoved": func(to, name, device string) Email { return emails.PasskeyRemoved(to, name, passwordChanged, device) },
	"PasskeyCloned":  func(to, name, device string) Email { return emails.PasskeyCloned(to, name, passwordChanged, device) },
	"PasswordReset":  func(to, name, device string) Email { return emails.PasswordReset(to, name, passwordChanged, device) },
	"RecoveryCodeUsed": func(to, name, device string) Email {
		return emails.RecoveryCodeUsed(to, name, passwordChanged, device, 7)
	},
	"RecoveryCodesMade": func(to, name, device string) Email {
		return emails.RecoveryCodesMade(to, name, passwordChanged, device)
	},
	"ResetStarted": func(to, name, reason string) Email {
		return emails.ResetStarted(to, name, key, "Support", reason, time.Hour)
	},
	"ResetPassword": func(to, name, _ string) Email { return emails.ResetPassword(to, name, key, time.Hour) },
	"WrongCodes":    func(to, name, _ string) Email { return emails.WrongCodes(to, name) },
	"CookieReused": func(to, name, device string) Email {
		return emails.CookieReused(to, name, passwordChanged, device, "HANDLE")
	},
	"NewDevice": func(to, name, device string) Email {
		return emails.NewDevice(to, name, passwordChanged, device, device)
	},
	"PasswordChanged": func(to, name, device string) Email { return emails.PasswordChanged(to, name, passwordChanged, device) },
	"Unlock":          func(to, name, _ string) Email { return emails.Unlock(to, name, key, time.Hour) },
}

// hostile is text with which somebody might try to forge an email.
var hostile = []string{
	"", "Marta Reis", "<script>alert(1)</script>", `"><img src=x onerror=1>`, "<a href=https://evil.example>Marta</a>", "{{.}}", "'};--",
	"Marta\r\nBcc: victim@example.org", "https://evil.example/", "Łukasz Ż.", strings.Repeat("Marta ", 200), "\u202eatraM", "\xff\x00",
}

func TestEveryEmailHasAnEntry(t *testing.T) {
	kind := reflect.TypeFor[Composer]()
	for m := range kind.Methods() {
		if m.Type.NumOut() == 1 && m.Type.Out(0) == reflect.TypeFor[Email]() && every[m.Name] == nil {
			t.Errorf("%s: an email without an entry in every", m.Name)
		}
	}
	for name := range every {
		if _, ok := kind.MethodByName(name); !ok {
			t.Errorf("%s: an entry without an email", name)
		}
	}
}

func TestEveryEmail(t *testing.T) {
	for name, write := range every {
		t.Run(name, func(t *testing.T) {
			for _, text := range hostile {
				l := write("marta@example.org", text, text)
				wellFormed(t, l)
				sameWords(t, l)
				oneSecret(t, l)
				asSent(t, l)
				if text != hostile[len(hostile)-1] { // which is no text
					sameWords(t, write("marta@example.org"+text, text, text))
				}
			}
			l := write("marta@example.org", "Marta Reis", "Firefox on Linux")
			if l.NotAfter.IsZero() == strings.Contains(l.Text, key) || !l.NotAfter.IsZero() && !l.NotAfter.Equal(l.At.Add(time.Hour)) {
				t.Errorf("got not after %s, want the time of its key, and none without one", l.NotAfter)
			}
		})
	}
}

// mayBe lists the elements that the HTML of an email may contain, with their attributes. None of them loads or runs
// anything.
var mayBe = map[string][]string{
	"html": {"lang"}, "head": nil, "meta": {"charset", "name", "content"}, "title": nil, "style": nil, "body": {"style"}, "div": {"style", "class"},
	"p": {"style", "class"}, "a": {"href", "style", "class"}, "br": nil,
}

// sameWords checks that the HTML says what the text says under the name of the product, and that each link shows where it leads,
// into the portal, below a button that says it in words and leads there too.
func sameWords(t *testing.T, l Email) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(l.HTML))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	var links []string
	pressed := "" // where the button leads that the next link belongs to
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			attributes, ok := mayBe[n.Data]
			if !ok {
				t.Errorf("got an element %s in\n%s", n.Data, l.HTML)
			}
			for _, a := range n.Attr {
				if !slices.Contains(attributes, a.Key) || a.Key == "style" && strings.Contains(a.Val, "url") {
					t.Errorf("%s: got an attribute %s=%q", n.Data, a.Key, a.Val)
				}
				if a.Key == "href" && isButton(n) {
					if pressed = a.Val; n.FirstChild == nil || strings.Contains(n.FirstChild.Data, "/") || len(n.FirstChild.Data) < 5 {
						t.Errorf("got a button without words: %+v", n.FirstChild)
					}
				} else if a.Key == "href" {
					if pressed != a.Val {
						t.Errorf("got a link to %q below a button to %q", a.Val, pressed)
					}
					pressed = ""
					links = append(links, a.Val)
					if n.FirstChild == nil || n.FirstChild.Data != a.Val || !strings.HasPrefix(a.Val, base+"/") {
						t.Errorf("got a link to %q that shows %+v", a.Val, n.FirstChild)
					}
				}
			}
		case html.TextNode:
			switch n.Parent.Data {
			case "title":
				if n.Data != l.Subject {
					t.Errorf("title: got %q, want %q", n.Data, l.Subject)
				}
			case "style":
				if strings.Contains(n.Data, "url") || strings.Contains(n.Data, "@import") || !strings.Contains(n.Data, "prefers-color-scheme: dark") {
					t.Errorf("got style %s", n.Data)
				}
			case "a":
				if !isButton(n.Parent) {
					words = append(words, strings.Fields(n.Data)...)
				}
			default:
				words = append(words, strings.Fields(n.Data)...)
			}
		case html.CommentNode:
			t.Errorf("got a comment %q", n.Data)
		}
	}
	if got, want := strings.Join(words, " "), brand.Name+" "+strings.Join(strings.Fields(l.Text), " "); got != want {
		t.Errorf("HTML says\n%s\ntext says\n%s", got, want)
	}
	var lines []string
	for line := range strings.Lines(l.Text) {
		if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, base+"/") {
			lines = append(lines, line)
		}
	}
	if !slices.Equal(links, lines) {
		t.Errorf("links: got %q, want %q", links, lines)
	}
}

func isButton(n *html.Node) bool {
	return slices.Contains(n.Attr, html.Attribute{Key: "class", Val: "main"})
}

// TestNotMe: a button says what its link is for, and an email about something that a stranger may have done has a button for that.
func TestNotMe(t *testing.T) {
	for _, name := range []string{"BrowserChanged", "EmailChanged", "Exported", "FactorEnrolled", "FactorRemoved", "NewDevice", "PasskeyAdded",
		"PasswordChanged", "RecoveryCodeUsed", "RecoveryCodesMade", "AfterFailures", "WrongCodes", "DeletionStopped", "PasskeyCloned"} {
		if l := every[name]("marta@example.org", "Marta Reis", "Firefox on Linux"); !strings.Contains(l.HTML, ">"+notMe+"</a>") {
			t.Errorf("%s: no button for whoever it was not:\n%s", name, l.Text)
		}
	}
	for name, label := range map[string]string{
		"CookieReused": "Was this you?", "ConfirmSignUp": "Confirm my address", "ResetPassword": "Choose another password", "Unlock": "Sign in",
		"ConfirmEmailChange": "Confirm my new address", "DeletionRequested": "Keep my account", "PasskeyRemoved": notMe,
	} {
		if l := every[name]("marta@example.org", "Marta Reis", "Firefox on Linux"); !strings.Contains(l.HTML, ">"+label+"</a>") {
			t.Errorf("%s: no button %q:\n%s", name, label, l.Text)
		}
	}
}

// Only a paragraph that consists of a URL of the portal becomes a link.
func TestOtherAddressesAreNoLinks(t *testing.T) {
	for paragraph, want := range map[string]bool{
		base + "/login": true, base + "/": true, base: false, base + ".evil.example/": false, "https://evil.example/": false,
		base + "/login and more": false, base + "/\nlogin": false, "javascript:alert(1)": false,
	} {
		if got := strings.Contains(emails.write("marta@example.org", "Subject", paragraph).HTML, "<a "); got != want {
			t.Errorf("%q is a link: got %t, want %t", paragraph, got, want)
		}
	}
}

// oneSecret checks that a key stands in a link and nowhere else.
func oneSecret(t *testing.T, l Email) {
	t.Helper()
	n := strings.Count(l.Text, key)
	if n > 1 || strings.Contains(l.Subject, key) || strings.Count(l.HTML, key) != 3*n {
		t.Errorf("got the key %d times in\n%s\n%s", n, l.Subject, l.Text)
	}
	for word := range strings.FieldsSeq(l.Text) {
		if strings.Contains(word, key) && !strings.HasPrefix(word, base+"/") {
			t.Errorf("got the key in %q", word)
		}
	}
}

// asSent checks what goes out: ASCII, short lines that end as they should, and no header but ours (ASVS v5.0.0-1.3.11).
func asSent(t *testing.T, l Email) {
	t.Helper()
	client, err := NewSMTP("smtp://mail.example.com", "Gatehouse <no-reply@portal.example.com>")
	if err != nil {
		t.Fatal(err)
	}
	msg, err := client.message(l)
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(raw.String(), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if !strings.HasPrefix(line, " ") && !slices.Contains([]string{"Date", "MIME-Version", "Message-ID", "Subject", "From", "To", "Auto-Submitted", "Content-Type"}, name) {
			t.Errorf("got a header %q", line)
		}
	}
	for line := range strings.SplitSeq(raw.String(), "\r\n") {
		if len(line) > 78 || strings.ContainsAny(line, "\r\n\x00") || strings.ContainsFunc(line, nonASCII) {
			t.Errorf("got a line %q", line)
		}
	}
}
