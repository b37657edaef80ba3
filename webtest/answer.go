package webtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An Answer is a response that was read to its end. Its embedded Response has no body left.
type Answer struct {
	*http.Response
	Body   string        // hides that of the Response
	What   string        // method and path of the request
	Took   time.Duration // from the request to the last byte
	Tokens []string      // of the session: the one that was sent, and the one that came

	T  testing.TB // of the client
	by *Client
}

// Read reads the rest of an answer.
func (c *Client) Read(r *http.Request, response *http.Response) (*Answer, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	a := &Answer{Response: response, Body: string(body), What: r.Method + " " + r.URL.Path, T: c.T, by: c}
	for _, cookie := range append(r.Cookies(), response.Cookies()...) {
		if cookie.Name == c.Session && cookie.Value != "" {
			a.Tokens = append(a.Tokens, cookie.Value)
		}
	}
	return a, nil
}

// None is the answer of status 0, for a request without a response.
func (c *Client) None(r *http.Request) *Answer {
	return &Answer{Response: &http.Response{Header: http.Header{}}, What: r.Method + " " + r.URL.Path, T: c.T, by: c}
}

// Check returns an error unless the answer has the status.
func (a *Answer) Check(status int) error {
	if a.StatusCode != status {
		return fmt.Errorf("%s: got %d (Location %q), want %d\n%s", a.What, a.StatusCode, a.Header.Get("Location"), status, a.Excerpt())
	}
	return nil
}

// Want requires a status.
func (a *Answer) Want(status int) *Answer {
	a.T.Helper()
	if err := a.Check(status); err != nil {
		a.by.complain("%v", err)
	}
	return a
}

// Leads requires a redirect after a form, to exactly this URL.
func (a *Answer) Leads(to string) *Answer {
	a.T.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != to {
		a.by.complain("%s: got %d (Location %q), want %d to %q\n%s", a.What, a.StatusCode, got, http.StatusSeeOther, to, a.Excerpt())
	}
	return a
}

// Says requires words on the page.
func (a *Answer) Says(words string) *Answer {
	a.T.Helper()
	if !strings.Contains(a.Text(), words) {
		a.by.complain("%s: %d, page does not say %q:\n%s", a.What, a.StatusCode, words, a.Excerpt())
	}
	return a
}

// SaysEither is Says for words that change with the clock while the test is under way.
func (a *Answer) SaysEither(words, or string) *Answer {
	a.T.Helper()
	if strings.Contains(a.Text(), or) {
		return a
	}
	return a.Says(words)
}

// SaysNot requires that words are not on the page.
func (a *Answer) SaysNot(words string) *Answer {
	a.T.Helper()
	if strings.Contains(a.Text(), words) {
		a.by.complain("%s: page says %q:\n%s", a.What, words, a.Excerpt())
	}
	return a
}

// Text is what a person reads of the page.
func (a *Answer) Text() string { return Text(a.Body) }

// excerptBytes is enough of a page to recognise it in a message.
const excerptBytes = 1500

// Excerpt is the beginning of Text, for messages.
func (a *Answer) Excerpt() string {
	text := a.Text()
	if len(text) > excerptBytes {
		text = strings.ToValidUTF8(text[:excerptBytes], "") + " ..."
	}
	return text
}

// Text is what a person reads of HTML: tags become spaces, and any number of spaces becomes one. Without regular expressions, which take
// far longer than the page that they read.
func Text(html string) string {
	var text strings.Builder
	for {
		before, rest, found := strings.Cut(html, "<")
		_, after, closed := strings.Cut(rest, ">")
		if !found || !closed {
			text.WriteString(html)
			break
		}
		text.WriteString(before)
		text.WriteByte(' ')
		html = after
	}
	words := strings.FieldsFunc(text.String(), func(c rune) bool { return strings.ContainsRune("\t\n\f\r ", c) })
	return strings.TrimSpace(strings.Join(words, " "))
}
