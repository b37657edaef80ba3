package handlers

import (
	"crypto/rand"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/internal/device"
)

// clientAddress finds the client's address: the peer's, or what a trusted proxy says of it.
func (a *app) clientAddress() func(http.Handler) http.Handler {
	if len(a.TrustedProxies) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	prefixes := make([]string, len(a.TrustedProxies))
	for i, p := range a.TrustedProxies {
		prefixes[i] = p.String()
	}
	return middleware.ClientIPFromXFF(prefixes...)
}

// maxUserAgent is how much of a User-Agent header is kept, in bytes.
const maxUserAgent = 256

// clientOf is where the request came from.
func clientOf(r *http.Request) device.Client { return exchangeOf(r).client }

// readClient describes where a request came from, once for all who ask.
func readClient(r *http.Request) device.Client {
	agent := strings.ToValidUTF8(strings.ReplaceAll(r.UserAgent(), "\x00", ""), "")
	for len(agent) > maxUserAgent {
		_, size := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-size]
	}
	return device.NewClient(middleware.GetClientIP(r.Context()), agent, rand.Text())
}
