package main

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/internal/seal"
)

// doctorHeader carries the question of web doctor, which only whoever has a key of the portal can ask.
const (
	doctorHeader = "Doctor-Question"
	doctorPlace  = "doctor"
	doctorPath   = "/healthz"
	questionLife = time.Minute
)

// A seen is a request as it reached the portal.
type seen struct {
	Host, Origin string
	Peer         string   // who connected: a proxy, or the client itself
	Client       string   // whose request it is taken for
	Proxy        bool     // Peer is trusted
	Named        bool     // it has the header that proxies name a client in
	Problem      string   // of a trusted proxy
	Cookies      []string // names
}

// question is the value of the header.
func question(sealer *seal.Sealer, now time.Time) (string, error) {
	sealed, err := sealer.Seal([]byte(now.Add(questionLife).UTC().Format(time.RFC3339)), doctorPlace)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// isQuestion reports whether somebody with a key asked a moment ago.
func isQuestion(sealer *seal.Sealer, value string, now time.Time) bool {
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if value == "" || err != nil {
		return false
	}
	text, err := sealer.Open(sealed, doctorPlace)
	if err != nil {
		return false
	}
	until, err := time.Parse(time.RFC3339, string(text))
	return err == nil && now.Before(until)
}

// answerDoctor tells web doctor how its request looks here. To everybody else it is not there.
func answerDoctor(next http.Handler, sealer *seal.Sealer, c config.Settings) http.Handler {
	proxies := forwarded.Proxies{Trusted: c.TrustedProxies, Header: http.CanonicalHeaderKey(c.ProxyHeader)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != doctorPath || !isQuestion(sealer, r.Header.Get(doctorHeader), time.Now()) {
			next.ServeHTTP(w, r)
			return
		}
		found := proxies.Find(r.RemoteAddr, r.Header)
		peer, _, _ := net.SplitHostPort(r.RemoteAddr)
		v := seen{
			Host: r.Host, Origin: r.Header.Get("Origin"), Peer: peer, Client: found.Addr.String(), Problem: found.Problem,
			Proxy: proxies.Find(r.RemoteAddr, http.Header{}).Proxy, Named: r.Header.Get(proxies.Header) != "",
		}
		for _, cookie := range r.Cookies() {
			v.Cookies = append(v.Cookies, cookie.Name)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(v)
	})
}
