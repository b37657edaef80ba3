package bag

import (
	"slices"
	"testing"

	"example.com/gatehouse/internal/session"
)

// A ruling is what becomes of cookie and bag in all situations that it names: those with any of the values it lists, where
// no list is any value.
type ruling struct {
	name                                      string
	states                                    []session.State
	did                                       []action
	bags                                      []finding
	presented, ours, emptied, changed, failed []bool
	want                                      outcome
}

func lists[T comparable](values []T, v T) bool { return values == nil || slices.Contains(values, v) }

func (r ruling) covers(s situation) bool {
	return lists(r.states, s.state) && lists(r.did, s.did) && lists(r.bags, s.bag) && lists(r.presented, s.presented) &&
		lists(r.ours, s.ours) && lists(r.emptied, s.emptied) && lists(r.changed, s.changed) && lists(r.failed, s.failed)
}

// The abbreviations keep a ruling on one line.
var (
	yes, no  = []bool{true}, []bool{false}
	left     = []action{nothing}
	visitor  = []session.State{session.Unknown}
	live     = []session.State{session.Live}
	over     = []session.State{session.Ended}
	replaced = []session.State{session.Unclaimed, session.Rotated, session.Replaced}
)

var rulings = []ruling{
	{name: "rotated: the cookie follows the row, and the bag moves", states: []session.State{session.Unknown, session.Live},
		did: []action{rotated}, want: outcome{stored: true, cookie: cookieOfSession}},
	{name: "rotated from a token that is over: and the bag under that one goes", states: append(replaced, session.Ended),
		did: []action{rotated}, want: outcome{stored: true, cookie: cookieOfSession, deleted: true}},
	{name: "replaced: the browser has a newer cookie", states: replaced, did: []action{nothing, ended}, want: outcome{deleted: true}},
	{name: "the end", states: []session.State{session.Unknown, session.Live}, did: []action{ended}, presented: yes,
		want: outcome{cookie: cookieRemoved}},
	{name: "the end of nothing", states: []session.State{session.Unknown, session.Live}, did: []action{ended}, presented: no},
	{name: "the end, again", states: over, did: []action{ended}, presented: yes,
		want: outcome{cookie: cookieRemoved, deleted: true}},
	{name: "the end, again, without a cookie", states: over, did: []action{ended}, presented: no, want: outcome{deleted: true}},
	{name: "live, and changed", states: live, did: left, changed: yes, failed: no, want: outcome{stored: true}},
	{name: "live, and not changed", states: live, did: left, changed: no},
	{name: "live, and failed", states: live, did: left, changed: yes, failed: yes},
	{name: "over, with something for the visitor", states: over, did: left, changed: yes, failed: no,
		want: outcome{stored: true, cookie: cookieOfBag, deleted: true}},
	{name: "over", states: over, did: left, changed: no, want: outcome{cookie: cookieRemoved, deleted: true}},
	{name: "over, and failed", states: over, did: left, changed: yes, failed: yes,
		want: outcome{cookie: cookieRemoved, deleted: true}},
	{name: "a visitor, and changed", states: visitor, did: left, changed: yes, failed: no, want: outcome{stored: true, cookie: cookieOfBag}},
	{name: "an unknown cookie", states: visitor, did: left, presented: yes, ours: yes, bags: []finding{missing}, changed: no,
		want: outcome{cookie: cookieRemoved}},
	{name: "a cookie that another instance may know", states: visitor, did: left, presented: yes, ours: no, bags: []finding{missing}, changed: no},
	{name: "such a cookie, and failed", states: visitor, did: left, presented: yes, ours: no, bags: []finding{missing}, changed: yes, failed: yes},
	{name: "an unknown cookie, and failed", states: visitor, did: left, presented: yes, ours: yes, bags: []finding{missing}, changed: yes, failed: yes,
		want: outcome{cookie: cookieRemoved}},
	{name: "nobody", states: visitor, did: left, presented: no, bags: []finding{missing}, changed: no},
	{name: "nobody, and failed", states: visitor, did: left, presented: no, bags: []finding{missing}, changed: yes, failed: yes},
	{name: "a visitor's bag, or one that may be there", states: visitor, did: left, bags: []finding{found, unreadable}, changed: no},
	{name: "a visitor's bag, and failed", states: visitor, did: left, bags: []finding{found, unreadable}, changed: yes, failed: yes},
}

// TestDecide holds that each situation is covered by one ruling, and decided as that says. A bag that was found and emptied
// is deleted in all of them.
func TestDecide(t *testing.T) {
	cases := 0
	for _, s := range situations() {
		cases++
		var by []ruling
		for _, r := range rulings {
			if r.covers(s) {
				by = append(by, r)
			}
		}
		if len(by) != 1 {
			t.Errorf("%+v: covered by %d rulings, want one", s, len(by))
			continue
		}
		want := by[0].want
		want.deleted = want.deleted || s.emptied && s.bag == found
		if got := decide(s); got != want {
			t.Errorf("%s: %+v: got %+v, want %+v", by[0].name, s, got, want)
		}
	}
	if want := 6 * 3 * 3 * 32; cases != want {
		t.Errorf("%d situations, want %d", cases, want)
	}
	for _, r := range rulings {
		if !slices.ContainsFunc(situations(), r.covers) {
			t.Errorf("%s: covers nothing", r.name)
		}
	}
}

// situations are all there can be, and some that cannot.
func situations() (all []situation) {
	for _, state := range []session.State{session.Unknown, session.Live, session.Unclaimed, session.Rotated, session.Replaced, session.Ended} {
		for _, did := range []action{nothing, rotated, ended} {
			for _, bag := range []finding{missing, found, unreadable} {
				for bits := range 32 {
					all = append(all, situation{
						state: state, did: did, bag: bag,
						presented: bits&1 != 0, emptied: bits&2 != 0, changed: bits&4 != 0, failed: bits&8 != 0, ours: bits&16 != 0,
					})
				}
			}
		}
	}
	return all
}
