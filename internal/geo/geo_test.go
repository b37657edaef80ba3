package geo

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/gatehouse/internal/geo/geotest"
)

func TestCountry(t *testing.T) {
	t.Parallel()
	d, err := Open(geotest.Write(t, map[string]string{"203.0.113.0/24": "Portugal", "2001:db8::/32": "New Zealand"}))
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]string{
		"203.0.113.7": "Portugal", "::ffff:203.0.113.7": "Portugal", "198.51.100.7": "", "2001:db8::1": "New Zealand", "2001:db9::1": "", "": "", "nonsense": "",
	} {
		if got := d.Country(ip); got != want {
			t.Errorf("%s: got %q, want %q", ip, got, want)
		}
	}
}

// Without a file nothing is guessed, and a file that is none is refused.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	d, err := Open("")
	if err != nil || d.Country("203.0.113.7") != "" {
		t.Errorf("got %q, %v", d.Country("203.0.113.7"), err)
	}
	text := filepath.Join(t.TempDir(), "text.mmdb")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, text + ".missing"} {
		if _, err := Open(path); err == nil {
			t.Errorf("%s is taken for an address database", path)
		}
	}
}

// A newer file is copied over the old one while the portal serves: it goes on with what it has read.
func TestFileIsReplaced(t *testing.T) {
	t.Parallel()
	path := geotest.Write(t, map[string]string{"203.0.113.0/24": "Portugal"})
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if got := d.Country("203.0.113.7"); got != "Portugal" {
		t.Errorf("got %q, want what was read", got)
	}
}
