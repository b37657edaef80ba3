package proof

// counters say how much was checked, so that a report of zero faults means something.
type counters struct {
	judged, tooLate      int // answers
	retried, unavailable int // of those judged
	kept                 int // rounds in which a change of the bag was acknowledged
	missed               int // of those kept, where it is gone and Redis was late
}

func (t *counters) add(of counters) {
	t.judged, t.tooLate, t.kept = t.judged+of.judged, t.tooLate+of.tooLate, t.kept+of.kept
	t.retried, t.unavailable, t.missed = t.retried+of.retried, t.unavailable+of.unavailable, t.missed+of.missed
}

// bagsMissed is how often a portal could not keep or read a bag in this round.
func (r *raceRunner) bagsMissed() (n int) {
	for i, p := range r.portals {
		n += p.bagsMissed(r.t, r.began[i])
	}
	return n
}

func (r *raceRunner) report() {
	r.t.Helper()
	r.t.Logf("%d rounds: %d old tokens alive, %d browsers left on an old token, %d people signed out by another tab, "+
		"%d of %d acknowledged changes of the bag lost; %d answers judged, %d requests asked again, %d refused with 503",
		*rounds, r.oldAlive, r.onOldToken, r.signedOut, r.lost, r.kept, r.judged, r.retried, r.unavailable)
	if r.tooLate > 0 {
		r.t.Logf("%d requests were on their way for more than %s: not judged", r.tooLate, grace)
	}
	if r.missed > 0 {
		r.t.Logf("%d values are gone in rounds in which Redis was late: not judged", r.missed)
	}
	if r.missed > 1 && r.missed > *rounds/4 {
		r.t.Error("Redis was late too often to judge anything")
	}
	if n := r.oldAlive + r.onOldToken + r.signedOut + r.lost; n > 0 {
		r.t.Errorf("%d faults, want 0", n)
	}
	if r.goesOn && r.retried == 0 {
		r.t.Errorf("no request that crossed a rotation could be judged: %d took more than %s", r.tooLate, grace)
	}
	if *rounds > 1 && r.kept == 0 {
		r.t.Error("no change of the bag was ever acknowledged")
	}
}
