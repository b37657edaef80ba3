package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A time-based one-time password as every authenticator app makes it (RFC 6238): SHA-1, which is no weakness inside an
// HMAC, six digits, and a step of thirty seconds.
const (
	totpPeriod = 30 * time.Second
	totpDigits = 6
	totpSecret = 20 // bytes, the length of the hash (RFC 4226 section 4, R6)
)

// base32Text is how apps want a secret.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewTOTPSecret makes a secret for an authenticator app.
func NewTOTPSecret() []byte {
	secret := make([]byte, totpSecret)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// stepOf is the time step of a moment.
func stepOf(at time.Time) int64 { return at.Unix() / int64(totpPeriod/time.Second) }

// LastStepUsable is the last time step whose code is accepted at a moment.
func LastStepUsable(at time.Time) int64 { return stepOf(at) + 1 }

// totpCode is the code of one time step (RFC 4226 section 5.3).
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash never fails
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", totpDigits, binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// MatchTOTP returns the time step of the code: the current step or a neighbour, because clocks differ and typing takes
// time, and later than the last one used (RFC 6238 section 5.2; ASVS v5.0.0-6.5.1, 6.5.5).
func MatchTOTP(secret []byte, typed string, at time.Time, last int64) (step int64, ok bool) {
	code, _ := totpDigitsOf(typed)
	now := stepOf(at)
	for candidate := now - 1; candidate <= now+1; candidate++ {
		same := subtle.ConstantTimeCompare([]byte(totpCode(secret, candidate)), []byte(code)) == 1
		if same && candidate > last && !ok {
			step, ok = candidate, true
		}
	}
	return step, ok
}

// IsTOTPCode reports whether the text can be a code of an authenticator app: six digits and no letter.
func IsTOTPCode(typed string) bool {
	_, ok := totpDigitsOf(typed)
	return ok
}

func totpDigitsOf(typed string) (string, bool) {
	code := TypedCode(typed)
	return code, len(code) == totpDigits && !strings.ContainsFunc(code, func(c rune) bool { return c < '0' || c > '9' })
}

// TOTPText is a secret as people type it into an app: in groups of four.
func TOTPText(secret []byte) string { return grouped(base32Text.EncodeToString(secret), " ") }

// TOTPURI is the content of the QR code. The label is issuer and account, so neither may hold a bare colon.
func TOTPURI(issuer, account string, secret []byte) string {
	escape := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	return "otpauth://totp/" + escape(issuer) + ":" + escape(account) + "?secret=" + base32Text.EncodeToString(secret) +
		"&issuer=" + escape(issuer) + "&algorithm=SHA1&digits=6&period=30"
}
