package config_test

import (
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
)

// Durations are read and printed in the same notation, so that printed settings can be used again.
func TestDurations(t *testing.T) {
	for _, tt := range []struct {
		text    string
		want    time.Duration
		printed string
	}{
		{"500ms", 500 * time.Millisecond, "500ms"},
		{"90s", 90 * time.Second, "1m30s"},
		{"60m", time.Hour, "1h"},
		{"1h5s", time.Hour + 5*time.Second, "1h0m5s"},
		{"1d", 24 * time.Hour, "24h"},
		{"1d12h", 36 * time.Hour, "36h"},
		{"7d", 7 * 24 * time.Hour, "7d"},
		{"48h", 48 * time.Hour, "2d"},
		{"0d10m", 10 * time.Minute, "10m"},
		{"2y", 730 * 24 * time.Hour, "2y"},
		{"365d", 365 * 24 * time.Hour, "1y"},
		{"1y1d1h", 366*24*time.Hour + time.Hour, "8785h"},
		{"127y", 127 * 365 * 24 * time.Hour, "127y"},
	} {
		s, _ := must(t, config.Flags{KeepEnded: tt.text})
		if s.KeepEnded != tt.want {
			t.Errorf("%q: got %s, want %s", tt.text, s.KeepEnded, tt.want)
		}
		if !strings.Contains(printed(s), "GATEHOUSE_KEEP_ENDED="+tt.printed+"\n") {
			t.Errorf("%q: got\n%s\nwant %s", tt.text, printed(s), tt.printed)
		}
		if again, _ := must(t, config.Flags{KeepEnded: tt.printed}); again.KeepEnded != tt.want {
			t.Errorf("%q printed as %q: got %s, want %s", tt.text, tt.printed, again.KeepEnded, tt.want)
		}
	}
}
