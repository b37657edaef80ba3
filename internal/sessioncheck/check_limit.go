package sessioncheck

import (
	"context"
	"fmt"
	"time"
)

var limitChecks = []Check{
	{
		ID: "absolute-limit", Title: "No renewal moves the absolute limit", Severity: Medium,
		Reason: "a stolen session lives as long as it is used", CWE: 613, ASVS: "7.3.2", WSTG: "WSTG-SESS-07", last: 1,
		Sends: "three sessions, used, extended and confirmed until the claimed limit is over", Means: "they do not open the private page after it",
		run: absoluteLimit,
	},
	{
		ID: "idle-limit", Title: "A session that nobody uses ends when it is said to", Severity: Medium,
		Reason: "a forgotten browser stays signed in", CWE: 613, ASVS: "7.3.1", WSTG: "WSTG-SESS-07", last: 1,
		Sends: "three sessions, nothing until the claimed limit is over, then the private page", Means: "they do not open it",
		run: idleLimit,
	},
	{
		ID: "polling-keeps-alive", Title: "A page that polls does not keep its session alive", Severity: Medium,
		Reason: "an open tab makes the idle limit mean nothing", CWE: 613, ASVS: "7.3.1", WSTG: "WSTG-SESS-07", last: 1,
		Sends: "three sessions, the request that pages repeat until the idle limit is over, then the private page", Means: "they do not open it",
		run: pollingKeepsAlive,
	},
}

// beyond is how long after a limit the server is asked, because it may notice late.
func beyond(limit time.Duration) time.Duration { return limit + limit/10 + time.Second }

// mayWait reports whether there is time for a wait, and takes it.
func (s *scan) mayWait(wait time.Duration) bool {
	if s.waited+wait > s.MaxWait {
		return false
	}
	s.waited += wait
	return true
}

func tooLong(wait time.Duration, s *scan) Result {
	return skipped(fmt.Sprintf("it takes a wait of %v, and --max-wait leaves %v", wait.Round(time.Second), (s.MaxWait - s.waited).Round(time.Second)))
}

// outlive keeps three sessions for a while, each doing the same at each step, and looks which are left.
func (s *scan) outlive(ctx context.Context, say sentences, whole time.Duration, steps int, do func(context.Context, *browser) error) (Result, error) {
	if err := s.control(ctx); err != nil {
		return Result{}, err
	}
	var those []*browser
	for range times {
		b, err := s.session(ctx)
		if err != nil {
			return Result{}, err
		}
		those = append(those, b)
	}
	for range steps {
		if err := sleep(ctx, whole/time.Duration(steps)); err != nil {
			return Result{}, err
		}
		for _, b := range those {
			if err := do(ctx, b); err != nil {
				return Result{}, err
			}
		}
	}
	return s.survivors(ctx, say, those, whole)
}

func (s *scan) survivors(ctx context.Context, say sentences, those []*browser, whole time.Duration) (Result, error) {
	next := 0
	return s.always(ctx, say, func(ctx context.Context) (outcome, string, error) {
		b := those[next]
		next++
		seen, line, err := s.thief(ctx, b.jar)
		if seen == right {
			delete(s.live, b)
		} else {
			s.end(ctx, b)
		}
		return seen, fmt.Sprintf("after %v, %s", whole.Round(time.Second), line), err
	})
}

func absoluteLimit(ctx context.Context, s *scan) (Result, error) {
	limit := s.Profile.Absolute
	if limit <= 0 {
		return skipped("what is claimed is not known: the profile says it under absolute"), nil
	}
	whole, steps := beyond(limit), 12
	if idle := s.Profile.Idle; idle > 0 {
		steps = max(steps, int(3*whole/idle))
	}
	if !s.mayWait(whole) || steps*12 > s.MaxRequests {
		return tooLong(whole, s), nil
	}
	say := sentences{
		passed: fmt.Sprintf("sessions that were used and renewed all the time ended within the claimed %v", limit),
		found:  fmt.Sprintf("a session that is used and renewed outlives the claimed absolute limit of %v", limit),
	}
	return s.outlive(ctx, say, whole, steps, func(ctx context.Context, b *browser) error {
		for _, act := range []Act{s.Profile.Extend, s.Profile.Confirm} {
			if !act.known() {
				continue
			}
			if _, err := b.perform(ctx, act, s.User, s.Password); err != nil {
				return err
			}
		}
		_, _, err := b.opens(ctx)
		return err
	})
}

func idleLimit(ctx context.Context, s *scan) (Result, error) {
	limit := s.Profile.Idle
	if limit <= 0 {
		return skipped("what is claimed is not known: the profile says it under idle"), nil
	}
	if !s.mayWait(beyond(limit)) {
		return tooLong(beyond(limit), s), nil
	}
	say := sentences{
		passed: fmt.Sprintf("sessions that nobody used ended within the claimed %v", limit),
		found:  fmt.Sprintf("a session that nobody used outlives the claimed idle limit of %v", limit),
	}
	r, err := s.outlive(ctx, say, beyond(limit), 1, func(context.Context, *browser) error { return nil })
	s.known[idleFails] = r.Verdict == Finding
	return r, err
}

// idleFails is known when sessions that nobody uses do not end, so that what keeps them alive cannot be seen.
const idleFails = "idle limit fails"

func pollingKeepsAlive(ctx context.Context, s *scan) (Result, error) {
	limit, act := s.Profile.Idle, s.Profile.Polling
	if limit <= 0 || !act.known() {
		return skipped("the request and the limit are not known: the profile says them under polling and idle"), nil
	}
	if !s.mayWait(beyond(limit)) {
		return tooLong(beyond(limit), s), nil
	}
	if s.known[idleFails] {
		return skipped("sessions do not end when nobody uses them: see idle-limit"), nil
	}
	say := sentences{
		passed: fmt.Sprintf("%s does not keep a session alive", act.Request),
		found:  fmt.Sprintf("%s, repeated, keeps a session alive over its idle limit of %v", act.Request, limit),
	}
	return s.outlive(ctx, say, beyond(limit), 6, func(ctx context.Context, b *browser) error {
		_, err := b.perform(ctx, act, s.User, s.Password)
		return err
	})
}
