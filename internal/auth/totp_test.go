package auth

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// The vectors of RFC 6238 appendix B for SHA-1, of which six digits are used here.
func TestTOTPVectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037",
		20000000000: "65353130",
	} {
		if got := totpCode(secret, stepOf(time.Unix(at, 0))); got != want[2:] {
			t.Errorf("at %d: got %s, want %s", at, got, want[2:])
		}
	}
}

// A code is valid in its own step and the neighbouring ones, and not in a step up to the last one used.
func TestTOTPWindow(t *testing.T) {
	secret, at := []byte("12345678901234567890"), time.Unix(1700000000, 0) // two steps of a random one may share a code
	now := stepOf(at)
	for offset := int64(-3); offset <= 3; offset++ {
		for last := now - 3; last <= now+3; last++ {
			step, ok := MatchTOTP(secret, totpCode(secret, now+offset), at, last)
			want := offset >= -1 && offset <= 1 && now+offset > last
			if ok != want || ok && step != now+offset {
				t.Errorf("code of step %+d after %+d: got %t and step %+d, want %t", offset, last-now, ok, step-now, want)
			}
		}
	}
	if _, ok := MatchTOTP(secret, "", at, 0); ok {
		t.Error("no code matches")
	}
}

func TestTOTPDigits(t *testing.T) {
	for typed, want := range map[string]bool{
		"123456": true, "123 456": true, " 123\u00a0456\t": true, "123-456": true, "12345": false, "1234567": false, "": false,
		"12345a": false, "12345\u00e9": false, "+12345": false, "\u0661\u0662\u0663\u0664\u0665\u0666": true, "\uff11\uff12\uff13\uff14\uff15\uff16": true,
		"\u202a123\u2011456\u202c": true, "\u2460\u2461\u2462\u2463\u2464\u2465": true,
	} {
		code, got := totpDigitsOf(typed)
		if got != want || got && code != "123456" {
			t.Errorf("%q: got %q, %t, want %t", typed, code, got, want)
		}
	}
}

// The ten digits of every script count from nought to nine.
func TestDigitsOfEveryScript(t *testing.T) {
	digits := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if unicode.IsDigit(c) {
			if got, want := TypedCode(string(c)), strconv.Itoa(digits%10); got != want {
				t.Errorf("%U: got %q, want %q", c, got, want)
			}
			digits++
		}
	}
}

// Apps read the address back as it is, whatever is in it.
func TestTOTPURI(t *testing.T) {
	const issuer, account = "Gate & house: 100%", "a+b?c=d&e@example.org"
	u, err := url.Parse(TOTPURI(issuer, account, []byte("12345678901234567890")))
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/"+issuer+":"+account || strings.Contains(u.EscapedPath()[1:], "+") {
		t.Errorf("got %s", u)
	}
	if before, after, _ := strings.Cut(u.EscapedPath()[1:], ":"); strings.ContainsAny(after, ":&?") || strings.Contains(before, ":") {
		t.Errorf("label %s cannot be taken apart", u.EscapedPath())
	}
	want := url.Values{"secret": {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	if got := u.Query().Encode(); got != want.Encode() {
		t.Errorf("got %s, want %s", got, want.Encode())
	}
}

func TestRecoveryCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		codes := NewRecoveryCodes()
		hashes := codes.Hashes()
		if len(codes) != RecoveryCodeCount || len(hashes) != len(codes) {
			t.Fatalf("%d codes, %d hashes", len(codes), len(hashes))
		}
		for i, code := range codes {
			if seen[code] || seen[hashes[i]] || hashes[i] == "" {
				t.Fatalf("%s, %s came twice or is empty", code, hashes[i])
			}
			seen[code], seen[hashes[i]] = true, true
			if bits := 5 * len(strings.ReplaceAll(code, "-", "")); bits < 112 {
				t.Fatalf("%d bits", bits)
			}
		}
	}
}

func TestRecoveryCodesAsTyped(t *testing.T) {
	want, ok := RecoveryCodeHash("abio-efgh-ijkl-mnop-qrst-uvwx")
	if !ok {
		t.Fatal("a code is refused")
	}
	for _, typed := range []string{"ABIO-EFGH-IJKL-MNOP-QRST-UVWX", "abioefghijklmnopqrstuvwx", " abio efgh ijkl mnop qrst uvwx ", "a810-efgh-ijkl-mnop-qrst-uvwx"} {
		if got, ok := RecoveryCodeHash(typed); !ok || got != want {
			t.Errorf("%q is not taken for the same code", typed)
		}
	}
	for _, typed := range []string{"", "123456", "abio-efgh-ijkl-mnop-qrst-uvw", "abio-efgh-ijkl-mnop-qrst-uvwxy", "abio-efgh-ijkl-mnop-qrst-uv\x00x", "äbio-efgh-ijkl-mnop-qrst-uvw"} {
		if _, ok := RecoveryCodeHash(typed); ok {
			t.Errorf("%q is taken for a code", typed)
		}
	}
	if RecoveryCodes(nil).Hashes() != nil || RecoveryCodes([]string{}).Hashes() == nil {
		t.Error("none and nil are told apart: one deletes the codes, the other leaves them")
	}
}
