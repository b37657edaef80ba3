package sessioncheck_test

import (
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/internal/twin"
	"example.com/gatehouse/webtest"
)

const (
	user     = "adelheid@example.org"
	careful  = "gertrude@example.org" // has a second factor
	password = "correct horse battery staple"
)

func newTwin(faults ...twin.Fault) http.Handler {
	return twin.New(twin.Options{
		Store: memstore.NewWithCleanupInterval(0), Faults: faults, Idle: 20 * time.Minute, Lifetime: 2 * time.Hour,
		Password: password, Accounts: []string{user, careful}, SecondFactor: map[string]string{careful: "123456"},
	}).Handler()
}

// twinProfile is what somebody who knows the twin says of it.
const twinProfile = `
polling: GET /session/state
extend: POST /session/extend
confirm: {request: POST /reauth, fields: {password: "{password}"}}
change-password: {request: POST /account/password, fields: {current_password: "{password}", password: "{new-password}"}}
sign-out-everywhere: POST /account/sessions/end-others
one-use: {request: POST /billing/checkout, form: /billing/checkout}
idle: 20m
absolute: 2h
second-factor: {user: gertrude@example.org, password: "correct horse battery staple"}
`

// scanned is what a scan says of a handler, with all that it may do, in the time of a bubble.
func scanned(t *testing.T, h http.Handler, change func(*sessioncheck.Options)) (report *sessioncheck.Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		profile, err := sessioncheck.ReadProfile(strings.NewReader(twinProfile))
		if err != nil {
			t.Fatal(err)
		}
		o := sessioncheck.Options{
			Target: "http://localhost:8080", User: user, Password: password, Profile: profile, Rate: 100,
			Allow: sessioncheck.Allowable, MaxWait: 72 * time.Hour, MaxRequests: 5000, Transport: webtest.InProcess(h),
		}
		if change != nil {
			change(&o)
		}
		if report, err = sessioncheck.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	})
	return report
}

func ids(r *sessioncheck.Report, v sessioncheck.Verdict) (found []string) {
	for _, c := range r.Checks {
		if c.Verdict == v {
			found = append(found, c.ID)
		}
	}
	return found
}

func show(t *testing.T, r *sessioncheck.Report) {
	t.Helper()
	for _, c := range r.Checks {
		t.Logf("%-22s %-12s %s\n\t%s", c.ID, c.Verdict, c.Why, strings.Join(c.Evidence, "\n\t"))
	}
	t.Log(r.Verdict, r.Truth, r.Notes, r.Sent)
}

// The twin without a mistake has no finding, and no check is left without a result but the one that needs TLS.
func TestSoundTwin(t *testing.T) {
	t.Parallel()
	r := scanned(t, newTwin(), nil)
	show(t, r)
	if got := ids(r, sessioncheck.Skipped); r.Verdict != sessioncheck.Sound || !slices.Equal(got, []string{"tls"}) {
		t.Errorf("got %s, skipped %v, findings %v, inconclusive %v", r.Verdict, got, ids(r, sessioncheck.Finding), ids(r, sessioncheck.Inconclusive))
	}
}

// encrypted says of answers that they came over TLS, as a connection would.
type encrypted struct{ http.RoundTripper }

func (e encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := e.RoundTripper.RoundTrip(r)
	if err == nil {
		response.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
	}
	return response, err
}
