package sessioncheck

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A scan is one look at one application.
type scan struct {
	Options
	base      *url.URL
	transport http.RoundTripper
	pace      *pacer
	impatient bool // answers that ask to wait are looked at rather than obeyed

	login    string          // address of the page with the form
	signInTo string          // where that form goes
	private  string          // address of the page that only who is signed in can see
	mark     string          // the text that says so
	auth     []string        // names of the cookies that open it
	second   []string        // names of others that open it without those
	alone    bool            // the account has one session at a time
	main     *browser        // the session of the controls
	out      *signOut        // nil when no way was found
	known    map[string]bool // facts that checks leave for later ones: see the constants

	live    map[*browser]bool // signed in and not signed out
	signIns []signedIn
	secrets secrets
	truth   []string
	notes   []string
	waited  time.Duration

	mu        sync.Mutex
	addresses map[string]bool
}

// Run scans. A report comes with every scan that began, also of one that was stopped; the error says why nothing could be
// scanned, for whoever started it.
func Run(ctx context.Context, o Options) (*Report, error) {
	base, err := o.check()
	if err != nil {
		return nil, err
	}
	s := &scan{
		Options: o, base: base, transport: o.Transport, pace: newPacer(o.Rate, o.MaxRequests),
		live: map[*browser]bool{}, secrets: secrets{values: map[string]bool{}}, addresses: map[string]bool{}, known: map[string]bool{},
	}
	if s.transport == nil {
		t := network(base.Hostname())
		defer t.CloseIdleConnections()
		s.transport = t
	}
	for _, secret := range []string{o.Password, o.OtherPW, o.Profile.SecondFactor.Password} {
		s.secrets.add(secret)
	}
	return s.run(ctx), nil
}

var errTime = errors.New("the time of this scan is up")

func (s *scan) run(ctx context.Context) *Report {
	within, cancel := context.WithTimeoutCause(ctx, s.MaxTime, errTime)
	defer cancel()
	report := &Report{Target: s.base.String()}
	err := s.findTruth(within)
	if err == nil {
		if s.out, err = s.findSignOut(within); errors.Is(err, errNoSignOut) {
			s.note("No way to sign out was found: " + err.Error())
			err = nil
		}
	}
	if err != nil {
		report.Verdict = NotSignedIn
		s.note("Nothing was checked: " + err.Error())
		for _, check := range Checks {
			report.Checks = append(report.Checks, s.finished(check, skipped("nobody could be signed in")))
		}
	} else {
		report.Checks = s.runChecks(within)
	}
	s.pace.openReserve(true)
	s.impatient = true
	cleanUp, stop := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer stop()
	s.endAll(cleanUp)
	if report.Verdict == "" {
		report.conclude()
	}
	report.Sent = s.pace.count()
	for _, text := range s.truth {
		report.Truth = append(report.Truth, s.secrets.clean(text))
	}
	for _, text := range s.notes {
		report.Notes = append(report.Notes, s.secrets.clean(text))
	}
	return report
}

func (s *scan) runChecks(ctx context.Context) (results []Result) {
	byID := map[string]Result{}
	for n, check := range inOrder() {
		if s.Progress != nil {
			s.Progress(n, len(Checks), check.ID)
		}
		result, err := check.run(ctx, s)
		switch {
		case errors.Is(err, errGiven):
			result = skipped(err.Error())
		case ctx.Err() != nil:
			result = skipped(fmt.Sprintf("the scan was stopped: %v", context.Cause(ctx)))
		case err != nil:
			result = unclear(err.Error())
		}
		byID[check.ID] = s.finished(check, result)
	}
	for _, check := range Checks {
		results = append(results, byID[check.ID])
	}
	return results
}

// finished names the check in its result, and takes out what no report may hold.
func (s *scan) finished(check Check, r Result) Result {
	r.ID = check.ID
	if r.Severity == "" {
		r.Severity = check.Severity
	}
	r.Why = s.secrets.clean(r.Why)
	evidence := make([]string, 0, len(r.Evidence))
	for _, line := range r.Evidence {
		evidence = append(evidence, s.secrets.clean(line))
	}
	r.Evidence = evidence
	return r
}
