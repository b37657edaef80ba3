package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
)

// certificate writes a self-signed pair and returns the paths of certificate and key.
func certificate(t *testing.T) (string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))),
		file(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBaseURL(t *testing.T) {
	cert, key := certificate(t)
	for _, tt := range []struct {
		flags  config.Flags
		origin string
		secure bool
		from   string
	}{
		{config.Flags{Addr: ":3000"}, "http://localhost:3000", true, "no-reply@localhost"},
		{config.Flags{Addr: "0.0.0.0:80"}, "http://localhost", true, "no-reply@localhost"},
		{config.Flags{Addr: "[::]:3000"}, "http://localhost:3000", true, "no-reply@localhost"},
		{config.Flags{Addr: "[::1]:80"}, "http://[::1]", true, "no-reply@localhost"},
		{config.Flags{Addr: "127.8.0.1:3000"}, "http://127.8.0.1:3000", true, "no-reply@localhost"},
		{config.Flags{Addr: ":8443", TLSCert: cert, TLSKey: key}, "https://localhost:8443", true, "no-reply@localhost"},
		{config.Flags{Addr: ":8443", ACMEDomain: "Portal.Example"}, "https://portal.example", true, "no-reply@portal.example"},
		{config.Flags{BaseURL: "HTTPS://Portal.Example:443/"}, "https://portal.example", true, "no-reply@portal.example"},
		{config.Flags{BaseURL: "https://portal.example:8443"}, "https://portal.example:8443", true, "no-reply@portal.example"},
		{config.Flags{BaseURL: "https://[2001:DB8::1]:443"}, "https://[2001:db8::1]", true, "no-reply@localhost"},
		{config.Flags{InsecureCookie: true}, "http://localhost:8080", false, "no-reply@localhost"},
		{config.Flags{InsecureCookie: true, BaseURL: "http://192.168.1.5:8080"}, "http://192.168.1.5:8080", false, "no-reply@localhost"},
		{config.Flags{InsecureCookie: true, BaseURL: "https://portal.example"}, "https://portal.example", true, "no-reply@portal.example"},
		{config.Flags{MailFrom: "Grace <grace@portal.example>"}, "http://localhost:8080", true, "grace@portal.example"},
	} {
		s, _ := must(t, tt.flags)
		if s.Origin() != tt.origin || s.Secure() != tt.secure || s.MailFrom.Address != tt.from {
			t.Errorf("%+v:\ngot  %s, secure %t, from %s\nwant %s, secure %t, from %s",
				tt.flags, s.Origin(), s.Secure(), s.MailFrom.Address, tt.origin, tt.secure, tt.from)
		}
		if want := strings.HasPrefix(tt.origin, "https:"); s.HTTPS() != want {
			t.Errorf("%+v: https got %t, want %t", tt.flags, s.HTTPS(), want)
		}
	}
}

func TestListeningFillsInPortZero(t *testing.T) {
	for _, tt := range []struct {
		flags config.Flags
		want  string
	}{
		{config.Flags{Addr: "localhost:0"}, "http://localhost:40001"},
		{config.Flags{Addr: "[::1]:0"}, "http://[::1]:40001"},
		{config.Flags{Addr: "localhost:0", BaseURL: "http://localhost:3000"}, "http://localhost:3000"},
		{config.Flags{}, "http://localhost:8080"},
	} {
		s, _ := must(t, tt.flags)
		if got := s.Listening(40001).Origin(); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.flags, got, tt.want)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	s, _ := must(t, config.Flags{TrustedProxies: "10.1.2.3/8, 192.0.2.7,::1,::ffff:192.0.2.8 ,"})
	want := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"),
		netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("192.0.2.8/32"),
	}
	if len(s.TrustedProxies) != len(want) {
		t.Fatalf("got %v, want %v", s.TrustedProxies, want)
	}
	for i := range want {
		if s.TrustedProxies[i] != want[i] {
			t.Errorf("proxy %d: got %v, want %v", i, s.TrustedProxies[i], want[i])
		}
	}
	if line := "GATEHOUSE_TRUSTED_PROXIES=10.0.0.0/8,192.0.2.7/32,::1/128,192.0.2.8/32\n"; !strings.Contains(printed(s), line) {
		t.Errorf("got\n%s\nwant %s", printed(s), line)
	}
}
