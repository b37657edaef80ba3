package sessioncheck

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// generators are ways in which tokens are made, the good ones as libraries do it.
var generators = []struct {
	name string
	good bool
	make func(n int) string
}{
	{"32 bytes in base64", true, func(int) string { return base64.RawURLEncoding.EncodeToString(random(32)) }},
	{"16 bytes in hexadecimal", true, func(int) string { return hex.EncodeToString(random(16)) }},
	{"base32", true, func(int) string { return rand.Text() }},
	{"a random UUID", true, func(int) string {
		b := hex.EncodeToString(random(16))
		return b[:8] + "-" + b[8:12] + "-4" + b[13:16] + "-" + string("89ab"[random(1)[0]%4]) + b[17:20] + "-" + b[20:]
	}},
	{"a UUID with the time in front", true, func(n int) string {
		b := hex.EncodeToString(random(10))
		t := fmt.Sprintf("%012x", time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC).UnixMilli())
		return t[:8] + "-" + t[8:] + "-7" + b[:3] + "-" + string("89ab"[random(1)[0]%4]) + b[4:7] + "-" + b[7:19]
	}},
	{"a signed cookie", true, func(int) string {
		return "s:" + base64.RawURLEncoding.EncodeToString(random(24)) + "." + base64.RawStdEncoding.EncodeToString(random(32))
	}},
	{"time in front of a sealed value", true, func(n int) string {
		return base64.URLEncoding.EncodeToString(append(fmt.Appendf(nil, "%d|", 1790000000+7*n), random(60)...))
	}},
	{"a number", false, func(n int) string { return fmt.Sprintf("%032d", 1000+n) }},
	{"the time", false, func(n int) string {
		return fmt.Sprintf("%d", time.Date(2026, 1, 1, 0, 0, n, 137_000*n, time.UTC).UnixNano())
	}},
	{"the time in base64", false, func(n int) string {
		return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "user-7:%d", 1790000000000+997*n))
	}},
	{"4 bytes", false, func(int) string { return hex.EncodeToString(random(4)) }},
	{"the same for each account", false, func(int) string { return strings.Repeat("a1B2", 10) }},
	{"every fourth letter or so an a", false, func(int) string {
		var b strings.Builder
		for _, c := range random(40) {
			if c%4 == 0 {
				b.WriteByte('a')
			} else {
				b.WriteByte(base64.RawURLEncoding.EncodeToString(random(3))[0])
			}
		}
		return b.String()
	}},
}

// Good generators are never accused, however often they are looked at, and weak ones always.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, g := range generators {
		for round := range 300 {
			var tokens []string
			for n := range enoughTokens + round%20 {
				tokens = append(tokens, g.make(n))
			}
			if r := judgeTokens("id", tokens); (r.Verdict == Passed) != g.good {
				t.Errorf("%s: got %s in round %d: %s %q", g.name, r.Verdict, round, r.Why, r.Evidence)
				break
			}
		}
	}
}
