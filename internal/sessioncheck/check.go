package sessioncheck

import (
	"context"
	"slices"
)

// A Check is one thing that is looked at.
type Check struct {
	ID       string
	Title    string
	Severity Severity
	Reason   string // for the severity
	CWE      int
	ASVS     string // requirement of version 5.0.0
	WSTG     string
	Sends    string // what the application is sent
	Means    string // what is concluded, and from what
	Matters  bool   // inconclusive is no result for the whole

	last int // 0, or its place among those that run after all others
	run  func(context.Context, *scan) (Result, error)
}

// Checks are all there are, in the order of reports.
var Checks = slices.Concat(cookieChecks, tokenChecks, signInChecks, signOutChecks, limitChecks, requestChecks, pageChecks, guessChecks)

// ByID returns a check.
func ByID(id string) (Check, bool) {
	n := slices.IndexFunc(Checks, func(c Check) bool { return c.ID == id })
	if n < 0 {
		return Check{}, false
	}
	return Checks[n], true
}

// inOrder is the order in which they run: those last that count what others did, or that a server answers with a limit.
func inOrder() []Check {
	return slices.SortedStableFunc(slices.Values(Checks), func(a, b Check) int { return a.last - b.last })
}
