package sessioncheck

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// A browser has cookies of its own. What it did last is in chain.
type browser struct {
	*scan
	jar   jar
	chain []*answer // of the last request and the redirects after it
}

func (s *scan) fresh() *browser { return &browser{scan: s, jar: jar{}} }

// copied is another browser with these cookies, as a thief has them.
func (s *scan) copied(cookies jar) *browser { return &browser{scan: s, jar: maps.Clone(cookies)} }

// do sends a request, keeps the cookies and goes where redirects of the same origin lead.
func (b *browser) do(ctx context.Context, r request) (*answer, error) {
	b.chain = nil
	for range mostHops + 1 {
		a, err := b.send(ctx, r, b.jar)
		if err != nil {
			return nil, err
		}
		b.jar.take(a.cookies, time.Now())
		b.chain = append(b.chain, a)
		b.noteAddress(a.url)
		next, ok := b.redirect(a)
		if !ok {
			return a, nil
		}
		if a.status == http.StatusTemporaryRedirect || a.status == http.StatusPermanentRedirect {
			r.url = next
			continue
		}
		r = request{method: http.MethodGet, url: next, from: r.from}
	}
	return nil, errCircle
}

func (b *browser) get(ctx context.Context, to string) (*answer, error) {
	return b.do(ctx, request{method: http.MethodGet, url: to})
}

// redirect is where an answer leads, if that is the same origin. Other origins are not the scan's to visit.
func (s *scan) redirect(a *answer) (string, bool) {
	location := a.header.Get("Location")
	if location == "" || a.status < 300 || a.status > 399 {
		return "", false
	}
	s.noteAddress(location)
	return s.resolve(a.url, location)
}

// resolve returns the address of a link on a page, if it stays on the target.
func (s *scan) resolve(from, link string) (string, bool) {
	base, err := url.Parse(from)
	if err != nil {
		return "", false
	}
	to, err := base.Parse(link)
	if err != nil || to.Scheme != s.base.Scheme || to.Host != s.base.Host {
		return "", false
	}
	to.Fragment = ""
	return to.String(), true
}

func (s *scan) at(path string) string {
	to, ok := s.resolve(s.base.String(), path)
	if !ok {
		return s.base.String()
	}
	return to
}

func (s *scan) origin() string { return s.base.Scheme + "://" + s.base.Host }

// path is an address as a reader of the report wants it.
func (s *scan) path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery != "" {
		return u.Path + "?…"
	}
	return u.Path
}

// said describes an answer in a line of evidence.
func (s *scan) said(a *answer) string {
	text := fmt.Sprintf("%d", a.status)
	if location := a.header.Get("Location"); location != "" {
		text += " to " + s.path(location)
	}
	return text
}
