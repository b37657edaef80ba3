package sessioncheck

import (
	"fmt"
	"io"
	"slices"
)

// WriteText writes the report for a terminal: what was found first, then what could not be told, then the rest in short.
func (r *Report) WriteText(w io.Writer) error {
	p := &printer{w: w}
	p.line("Sessions of %s: %s", r.Target, r.summary())
	for _, line := range slices.Concat(r.Truth, r.Notes) {
		p.line("  %s", line)
	}
	for _, result := range r.sorted(Finding) {
		check, _ := ByID(result.ID)
		p.line("\n%s  [%s, %s]", check.Title+": no", result.ID, result.Severity)
		p.line("  %s; %s.", result.Why, check.Reason)
		for _, line := range result.Evidence {
			p.line("    %s", line)
		}
		p.line("  To mend it: %s", Mends[result.ID].General)
		p.line("  CWE-%d, ASVS v5.0.0-%s, %s", check.CWE, check.ASVS, check.WSTG)
	}
	for _, group := range []struct {
		verdict Verdict
		heading string
	}{{Inconclusive, "Could not be told"}, {Passed, "Withstood"}, {Skipped, "Not looked at"}} {
		results := r.sorted(group.verdict)
		if len(results) > 0 {
			p.line("\n%s", group.heading)
		}
		for _, result := range results {
			p.line("  %-22s  %s", result.ID, result.Why)
		}
	}
	p.line("\n%d requests were sent.", r.Sent)
	return p.err
}

// summary is the report in a sentence.
func (r *Report) summary() string {
	found := len(r.sorted(Finding))
	switch r.Verdict {
	case NotSignedIn:
		return "nobody could be signed in"
	case Sound:
		return fmt.Sprintf("nothing found in %d checks", len(r.sorted(Passed)))
	case Inconclusive:
		return "nothing found, but checks that matter came to no result"
	default:
		return fmt.Sprintf("%d of %d checks found something", found, found+len(r.sorted(Passed)))
	}
}

// sorted are the results with a verdict, the most severe first.
func (r *Report) sorted(v Verdict) (results []Result) {
	for _, result := range r.Checks {
		if result.Verdict == v {
			results = append(results, result)
		}
	}
	rank := []Severity{High, Medium, Low}
	slices.SortStableFunc(results, func(a, b Result) int {
		return slices.Index(rank, a.Severity) - slices.Index(rank, b.Severity)
	})
	return results
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
