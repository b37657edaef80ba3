package main

import (
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/emulation"
)

// A receipt on paper is dark on white whatever theme was chosen, and carries neither the password of a demo nor what
// only a screen has use for.
func TestReceiptOnPaper(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.open("/")
	b.press("Dark")
	b.press("Try the demo")
	secret := evaluate[string](b.person, `document.querySelector('.demo code').textContent`)
	b.open("/plans")
	b.press("Choose Hall")
	b.follow("Go to checkout")
	b.fill("password", secret)
	b.press("Confirm")
	b.method("Test Visa ending 4242", "Ada Lovelace", "12 St James's Square\nLondon")
	b.fill("password", secret)
	b.press("Pay 12.00 EUR")
	b.onPaper(darkPaper)
	b.reads("Demo account", secret, "Sign out", "Notes on")
	callWith(b.person, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	b.onPaper(lightPaper)
	b.reads("Gatehouse", "Receipt", "Hall, one month", "12.00 EUR", "12 St James's Square", "Order")
	for _, unwanted := range []string{"Demo account", secret, "Sign out", "Overview", "Confirmed until", "All payments", "Notes on"} {
		if b.says(unwanted) {
			t.Errorf("the printed receipt says %q", unwanted)
		}
	}
	b.picture("receipt-on-paper.png")
}
