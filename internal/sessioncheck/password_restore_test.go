package sessioncheck_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/webtest"
)

// A changing is a twin whose change of the password works, and whose answer to it goes wrong.
type changing struct {
	twin     http.Handler
	after    func(w http.ResponseWriter, r *http.Request) // what becomes of the answer to the nth change
	stops    bool                                         // the scan is stopped then
	never    bool                                         // no second change works
	requests int
	changes  int
	at       int // how many requests there had been at the first change
}

func (c *changing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.requests++
	if r.Method != http.MethodPost || r.URL.Path != "/account/password" {
		if r.URL.Path == "/circle" {
			http.Redirect(w, r, "/circle", http.StatusSeeOther)
			return
		}
		c.twin.ServeHTTP(w, r)
		return
	}
	if c.changes++; c.changes == 1 {
		c.at = c.requests
	} else if c.never {
		http.Error(w, "no", http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("Content-Type") == "application/json" {
		var fields map[string]string
		_ = json.NewDecoder(r.Body).Decode(&fields)
		body := url.Values{"current_password": {fields["current"]}, "password": {fields["new"]}}.Encode()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	if c.after == nil || c.changes > 1 {
		c.twin.ServeHTTP(w, r)
		return
	}
	c.twin.ServeHTTP(httptest.NewRecorder(), r)
	c.after(w, r)
}

// late gives no answer to a request that was given up, as the network does.
type late struct{ http.RoundTripper }

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(r)
	if err == nil && r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	return response, err
}

// opens reports whether a password signs in.
func (c *changing) opens(t *testing.T, secret string) bool {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8080/login", strings.NewReader(url.Values{"email": {user}, "password": {secret}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	c.twin.ServeHTTP(w, r)
	return w.Code == http.StatusSeeOther
}

// scan scans with a change of the password allowed, in the time of a bubble.
func (c *changing) scan(t *testing.T, change func(*sessioncheck.Options)) (report *sessioncheck.Report) {
	t.Helper()
	c.twin = newTwin()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if c.after == nil && c.stops {
			c.after = func(http.ResponseWriter, *http.Request) { stop() }
		}
		o := sessioncheck.Options{
			Target: "http://localhost:8080", User: user, Password: password, Rate: 100, Allow: []string{"password-change"}, MaxRequests: 5000,
			Transport: late{webtest.InProcess(c)},
			Profile: sessioncheck.Profile{ChangePassword: sessioncheck.Act{
				Request: "POST /account/password", Fields: map[string]string{"current_password": "{password}", "password": "{new-password}"},
			}},
		}
		if change != nil {
			change(&o)
		}
		var err error
		if report, err = sessioncheck.Run(ctx, o); err != nil {
			t.Fatal(err)
		}
		if c.changes == 0 {
			show(t, report)
			t.Fatal("the password was never changed")
		}
		if back := c.opens(t, password); back == c.never {
			show(t, report)
			t.Errorf("the password signs in: %v, want %v", back, !c.never)
		}
	})
	return report
}

// The account has its password again whatever became of the answer to its change.
func TestPasswordIsRestored(t *testing.T) {
	t.Parallel()
	say := func(status int, location string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(status)
		}
	}
	asJSON := func(o *sessioncheck.Options) {
		o.Profile.ChangePassword.Fields = nil
		o.Profile.ChangePassword.JSON = map[string]string{"current": "{password}", "new": "{new-password}"}
	}
	for name, c := range map[string]struct {
		app    changing
		change func(*sessioncheck.Options)
	}{
		"all is well":           {},
		"the profile says JSON": {change: asJSON},
		"an error":              {app: changing{after: say(503, "")}},
		"a request to wait":     {app: changing{after: say(429, "")}},
		"a circle":              {app: changing{after: say(303, "/circle")}},
		"no answer":             {app: changing{after: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}},
		"the scan is stopped":   {app: changing{stops: true}},
		"the time is up": {
			app:    changing{after: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
			change: func(o *sessioncheck.Options) { o.Rate, o.MaxTime = 0, 9*time.Second },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := c.app.scan(t, c.change)
			if notes := strings.Join(r.Notes, " "); strings.Contains(notes, "ATTENTION") {
				t.Errorf("got %q", notes)
			}
		})
	}
}

// A scan whose requests are spent by the change has some left for the way back, and sends no more than it may.
func TestPasswordIsRestoredWithinBound(t *testing.T) {
	t.Parallel()
	var first changing
	first.scan(t, nil)
	most := 1
	for most-min(60, most/4) < first.at {
		most++
	}
	var last changing
	r := last.scan(t, func(o *sessioncheck.Options) { o.MaxRequests = most })
	if last.at != first.at || r.Sent > most || last.requests != r.Sent {
		t.Errorf("changed at request %d of %d, sent %d; want at %d", last.at, most, r.Sent, first.at)
	}
}

// A password that cannot be changed back is the first thing that a report says.
func TestPasswordLeftIsSaid(t *testing.T) {
	t.Parallel()
	app := changing{never: true}
	r := app.scan(t, nil)
	if c, _ := r.Of("password-change-others"); c.Verdict != sessioncheck.Inconclusive || len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "ATTENTION") {
		t.Errorf("got %s and %q", c.Verdict, r.Notes)
	}
}
