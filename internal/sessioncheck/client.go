package sessioncheck

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Bounds of what one answer may cost, whatever the server does.
const (
	mostBytes   = 512 << 10
	mostHeader  = 256 << 10
	mostHops    = 20 // as browsers; a page that asks again while a token is replaced does so for two seconds
	answerAfter = 10 * time.Second
	longestHold = 30 * time.Second // of a 429 that asks for patience
)

var (
	errBudget   = errors.New("the bound on requests of this scan is reached")
	errCircle   = fmt.Errorf("more than %d redirects, one after the other", mostHops)
	errNoAnswer = fmt.Errorf("no whole answer within %v", answerAfter)
)

// network is a transport that waits for nothing for long and keeps no more of an answer than is read.
func network(host string) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if isLoopback(host) {
		dialer.Control = stayHere
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  answerAfter,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: mostHeader,
		MaxIdleConnsPerHost:    16,
		ForceAttemptHTTP2:      true,
		TLSClientConfig: &tls.Config{
			// A server on this machine has a certificate of its own making. What is wrong with one is for the check "tls".
			InsecureSkipVerify: isLoopback(host), //nolint:gosec // loopback only
			MinVersion:         tls.VersionTLS10, // so that an old version can be seen
		},
	}
}

// stayHere refuses a connection to another machine: a name is taken for this one before anybody knows where it leads.
func stayHere(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	host, _, _ = strings.Cut(host, "%") // the zone of an address
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is another machine, although its name says that it is this one", host)
	}
	return nil
}

// A request is what is sent, before the browser adds its cookies.
type request struct {
	method, url string
	body        []byte
	kind        string // of the body
	from        string // origin of the page it comes from, "" for the target's own
	cookies     string // in place of the browser's, when not ""
	hold        *flight
}

// An answer was read to its end, or to the bound.
type answer struct {
	url      string
	status   int
	header   http.Header
	body     string
	cookies  []*http.Cookie
	took     time.Duration
	received time.Time
	tls      *tls.ConnectionState
	page     *page
}

func form(method, to string, fields url.Values) request {
	if method == http.MethodGet {
		u, err := url.Parse(to)
		if err == nil && len(fields) > 0 {
			u.RawQuery = fields.Encode()
			to = u.String()
		}
		return request{method: method, url: to}
	}
	return request{method: method, url: to, body: []byte(fields.Encode()), kind: "application/x-www-form-urlencoded"}
}

// send sends one request with these cookies. It is the only place that does, so that the bounds hold for all.
func (s *scan) send(ctx context.Context, r request, j jar) (*answer, error) {
	for {
		a, err := s.once(ctx, r, j)
		if err != nil || a.status != http.StatusTooManyRequests || s.impatient || r.hold != nil {
			return a, err
		}
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		hold := time.Duration(seconds) * time.Second
		if err != nil || hold <= 0 || hold > longestHold {
			return a, nil
		}
		if err := sleep(ctx, hold); err != nil {
			return nil, err
		}
	}
}

func (s *scan) once(ctx context.Context, r request, j jar) (*answer, error) {
	if err := s.pace.wait(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerAfter, errNoAnswer)
	defer cancel()
	out, err := s.compose(ctx, r, j)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	response, err := s.transport.RoundTrip(out)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBytes))
	if err != nil && (ctx.Err() != nil || len(body) == 0) {
		return nil, s.explain(ctx, err)
	}
	a := &answer{
		url: r.url, status: response.StatusCode, header: response.Header, body: string(body),
		took: time.Since(began), received: time.Now(), cookies: response.Cookies(), tls: response.TLS,
	}
	a.page = read(a)
	for _, c := range a.cookies {
		s.secrets.add(c.Value)
	}
	return a, nil
}

func (s *scan) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return errNoAnswer
	}
	return fmt.Errorf("no answer that can be read: %w", err)
}

// compose makes the headers that a browser sends, because servers decide by them who may do what.
func (s *scan) compose(ctx context.Context, r request, j jar) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	out, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, err
	}
	if r.hold != nil {
		out.Body, out.GetBody = r.hold, nil
		out.Header.Set("Expect", "100-continue")
	}
	out.Header.Set("User-Agent", "Mozilla/5.0 (compatible; sessioncheck)")
	accept := "text/html,application/xhtml+xml,*/*;q=0.8"
	if r.kind == "application/json" {
		accept = "application/json"
	}
	out.Header.Set("Accept", accept)
	out.Header.Set("Sec-Fetch-Dest", "document")
	out.Header.Set("Sec-Fetch-Mode", "navigate")
	origin, site := s.origin(), "same-origin"
	if r.from != "" {
		origin, site = r.from, "cross-site"
	}
	out.Header.Set("Sec-Fetch-Site", site)
	if r.method != http.MethodGet {
		out.Header.Set("Origin", origin)
		out.Header.Set("Referer", origin+"/")
	}
	if r.kind != "" {
		out.Header.Set("Content-Type", r.kind)
	}
	for _, c := range j {
		s.secrets.add(strings.TrimPrefix(c.value, "Bearer "))
	}
	cookies := j.header(out.URL.Path)
	if r.cookies != "" {
		cookies = r.cookies
	}
	if cookies != "" {
		out.Header.Set("Cookie", cookies)
	}
	if token, ok := j[bearer]; ok {
		out.Header.Set("Authorization", token.value)
	}
	return out, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
