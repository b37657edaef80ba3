package sessioncheck

import "strings"

// Verdict is what a check or a whole scan concluded.
type Verdict string

// The verdicts of a check.
const (
	Passed       Verdict = "passed"
	Finding      Verdict = "finding"
	Inconclusive Verdict = "inconclusive"
	Skipped      Verdict = "skipped"
)

// The verdicts of a scan, beside Inconclusive.
const (
	Sound       Verdict = "sound"
	Findings    Verdict = "findings"
	NotSignedIn Verdict = "not-signed-in"
)

// Severity says how bad it is if a check finds something.
type Severity string

// The severities.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// A Result is what one check came to.
type Result struct {
	ID       string   `json:"id"`
	Verdict  Verdict  `json:"verdict"`
	Severity Severity `json:"severity"`
	Evidence []string `json:"evidence"`
	Why      string   `json:"why"`
}

// A Report is what a scan came to. It holds no whole token and no password.
type Report struct {
	Target  string   `json:"target"`
	Verdict Verdict  `json:"verdict"`
	Checks  []Result `json:"checks"`
	Truth   []string `json:"truth"` // what authenticates, and how the private page is told from others
	Notes   []string `json:"notes"`
	Sent    int      `json:"requests"`
}

// ExitCode is 0 for sound, 1 for findings, 2 for inconclusive where it matters, 3 when nobody could be signed in.
func (r *Report) ExitCode() int {
	switch r.Verdict {
	case Sound:
		return 0
	case Findings:
		return 1
	case NotSignedIn:
		return 3
	default:
		return 2
	}
}

// conclude sets the verdict of the whole from those of the checks.
func (r *Report) conclude() {
	r.Verdict = Sound
	for _, result := range r.Checks {
		switch check, _ := ByID(result.ID); {
		case result.Verdict == Finding:
			r.Verdict = Findings
			return
		case result.Verdict == Inconclusive && check.Matters:
			r.Verdict = Inconclusive
		}
	}
}

// Of returns the result of a check.
func (r *Report) Of(id string) (Result, bool) {
	for _, result := range r.Checks {
		if result.ID == id {
			return result, true
		}
	}
	return Result{}, false
}

// Forget leaves out the findings that an earlier report has as well, and concludes anew.
func (r *Report) Forget(earlier *Report) {
	var rest []Result
	for _, result := range r.Checks {
		old, known := earlier.Of(result.ID)
		if known && old.Verdict == Finding && result.Verdict == Finding {
			r.Notes = append(r.Notes, result.ID+" was found before and is left out.")
			continue
		}
		rest = append(rest, result)
	}
	r.Checks = rest
	if r.Verdict != NotSignedIn {
		r.conclude()
	}
}

func passed(why string, evidence ...string) Result {
	return Result{Verdict: Passed, Why: why, Evidence: evidence}
}

func found(why string, evidence ...string) Result {
	return Result{Verdict: Finding, Why: why, Evidence: evidence}
}

func unclear(why string, evidence ...string) Result {
	return Result{Verdict: Inconclusive, Why: why, Evidence: evidence}
}

func skipped(why string) Result { return Result{Verdict: Skipped, Why: why} }

// list joins names as a sentence does.
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return "none"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
