package webtest

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
)

// InProcess carries requests straight to a handler, without a connection. The address of the client is that of the
// connection; there is no header of a proxy unless the test adds one. Nothing waits on a network, so it works inside a
// bubble of testing/synctest.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.URL.Hostname()}
	}
	switch {
	case in.Body == nil:
		in.Body = http.NoBody
	case in.ContentLength == 0 && in.Body != http.NoBody:
		in.ContentLength = -1 // for a client 0 means that the length is not known, for a server that there is nothing
	}
	if in.RemoteAddr == "" {
		in.RemoteAddr = "192.0.2.1:1234"
	}
	if peer, _, _ := net.SplitHostPort(in.RemoteAddr); in.Header.Get("X-Forwarded-For") == peer {
		in.Header.Del("X-Forwarded-For")
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, in)
	return w.Result(), nil
}
