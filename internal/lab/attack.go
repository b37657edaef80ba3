package lab

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// An Attack is one or several requests that the learner writes. Whoever has curl or a browser of their own sends them there.
type Attack struct {
	Method, Path string // the path is below the twin's address
	Cookie       string
	Bodies       string // one request for each line; none is one without a body
	AtOnce       bool   // send all at the same moment
	FromPage     bool   // send from the victim's browser, by a page of the attacker's
}

// What an attack may be made of.
const (
	maxRequests = 40
	maxField    = 2000
)

// attackersSite is where the attacker's page is.
const attackersSite = "https://prizes.example"

// Send sends what the learner wrote. A RefusalError says what is wrong with it. The requests are none of the one that asks for them, so
// they have a context of their own.
func (b *Bench) Send(x Attack) error {
	if x.Method != http.MethodGet && x.Method != http.MethodPost {
		return RefusalError("Choose GET or POST.")
	}
	u, err := url.ParseRequestURI(x.Path)
	if err != nil || u.Host != "" || !strings.HasPrefix(x.Path, "/") || strings.HasPrefix(x.Path, "//") || len(x.Path) > maxField {
		return RefusalError("Write a path of the twin, such as /account.")
	}
	if strings.ContainsAny(x.Cookie, "\r\n") || len(x.Cookie) > maxField || len(x.Bodies) > maxField {
		return RefusalError("That is too long, or no cookie. A cookie is written as name=value.")
	}
	bodies := strings.Split(strings.ReplaceAll(strings.TrimSpace(x.Bodies), "\r\n", "\n"), "\n")
	if len(bodies) > maxRequests {
		return RefusalError("At most 40 requests are sent at a time: one for each line.")
	}
	if x.FromPage && !b.Lab.Page {
		return RefusalError("The victim of this lab visits no page of yours.")
	}
	b.mu.Lock()
	b.last = x
	b.mu.Unlock()
	var sending sync.WaitGroup
	for _, body := range bodies {
		if x.AtOnce {
			sending.Go(func() { b.sendOne(x, body) })
		} else {
			b.sendOne(x, body)
		}
	}
	sending.Wait()
	return nil
}

// Last is what the learner sent last, to begin with a request for the page that is attacked.
func (b *Bench) Last() Attack {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last.Method == "" {
		return Attack{Method: http.MethodGet, Path: b.Lab.Target}
	}
	return b.last
}

func (b *Bench) sendOne(x Attack, body string) {
	q := request{method: x.Method, path: strings.TrimPrefix(x.Path, "/"+b.Address), cookie: x.Cookie, body: strings.NewReader(body)}
	if !x.FromPage {
		newBrowser(you).send(context.Background(), b, b.Origin, b.under(q))
		return
	}
	b.acting.Lock()
	defer b.acting.Unlock()
	q.cookie, q.elsewhere = "", attackersSite
	b.do(b.phone, q)
}

func (b *Bench) under(q request) request {
	q.path = "/" + b.Address + q.path
	return q
}
