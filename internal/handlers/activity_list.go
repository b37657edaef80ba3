package handlers

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

type activityView struct {
	Layout
	Days     []dayView
	Kinds    []choice
	Kind     string // chosen, "" for all
	Query    string
	Older    string // link to the next page, "" on the last
	Download string // link to all pages of it as a file
	First    bool   // no cursor: the newest events
}

type dayView struct {
	Date   time.Time
	Events []eventView
}

func (*activityView) page() string { return "activity.html" }

const (
	eventsPerPage = 30
	eventsScanned = 600 // how far back one page of a search looks
)

// activity is the person's own audit trail, newest first, by day.
func (a *app) activity(w http.ResponseWriter, r *http.Request) error {
	kind, text, filter := activityFilter(r, eventsPerPage+1)
	v := &activityView{Kinds: kindChoices, Kind: kind, Query: text}
	filter.BeforeAt, filter.BeforeID, v.First = cursor(query(r, "before"))
	filter.LiveAt = audit.Now()
	found, more, err := a.matching(r, filter, text)
	if err != nil {
		return err
	}
	all, err := a.answers(r)
	if err != nil {
		return err
	}
	var live map[string]session.Session // read where a flag is shown
	if slices.ContainsFunc(found, func(e audit.Event) bool { return e.Live && isFlag(e.Kind) }) {
		if live, err = a.liveSessions(r); err != nil {
			return err
		}
	}
	for _, e := range found {
		day := e.At.UTC().Truncate(24 * time.Hour)
		if n := len(v.Days); n == 0 || !v.Days[n-1].Date.Equal(day) {
			v.Days = append(v.Days, dayView{Date: day})
		}
		last := &v.Days[len(v.Days)-1]
		line := a.eventLine(e)
		line.Ask = all.ask(e, live)
		if line.ID = e.ID; e.Live {
			line.Session = e.SessionID
		}
		last.Events = append(last.Events, line)
	}
	if more != "" {
		v.Older = activityLink("/account/activity", kind, text, more)
	}
	v.Download = activityLink(csvPath, kind, text, "")
	return a.render(w, r, http.StatusOK, v)
}

// activityFilter reads what the form of the page asks for. limit bounds one read of the trail.
func activityFilter(r *http.Request, limit int) (kind, text string, f audit.Filter) {
	f = audit.Filter{Kinds: shownKinds, Limit: limit}
	if kinds, ok := kindGroups[query(r, "kind")]; ok {
		kind, f.Kinds = query(r, "kind"), kinds
	}
	return kind, strings.TrimSpace(device.Printable(query(r, "q"))), f
}

// activityLink leads to the same selection elsewhere, or further back.
func activityLink(path, kind, text, before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": kind, "q": text, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// liveSessions are the person's sessions that have not ended, by handle.
func (a *app) liveSessions(r *http.Request) (map[string]session.Session, error) {
	sessions, err := a.Sessions.Sessions(r.Context(), currentOf(r).UserID)
	live := make(map[string]session.Session, len(sessions))
	for _, s := range sessions {
		live[s.ID] = s
	}
	return live, err
}

// trail yields the person's events from the filter's place backwards, reading f.Limit at a time. The last pair has the
// error, if there was one.
func (a *app) trail(r *http.Request, f audit.Filter) iter.Seq2[audit.Event, error] {
	return func(yield func(audit.Event, error) bool) {
		for {
			events, err := a.Audit.Events(r.Context(), currentOf(r).UserID, f)
			if err != nil {
				yield(audit.Event{}, err)
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
				f.BeforeAt, f.BeforeID = e.At, e.ID
			}
			if len(events) < f.Limit {
				return
			}
		}
	}
}

// matching returns one page of events whose line contains the text, and the cursor of the next page. The search reads
// the sentences people see, so it happens here; it looks a bounded way back and offers to go on from there.
func (a *app) matching(r *http.Request, f audit.Filter, text string) (found []audit.Event, more string, err error) {
	scanned := 0
	for e, err := range a.trail(r, f) {
		if err != nil {
			return nil, "", err
		}
		if len(found) == eventsPerPage || scanned == eventsScanned {
			return found, f.BeforeAt.Format(time.RFC3339Nano) + "~" + f.BeforeID, nil
		}
		scanned++
		f.BeforeAt, f.BeforeID = e.At, e.ID
		if text == "" || contains(e, text) {
			found = append(found, e)
		}
	}
	return found, "", nil
}

// contains reports whether the line that people read of the event has the text in it, whatever the case.
func contains(e audit.Event, text string) bool {
	line := eventLine(e)
	return strings.Contains(strings.ToLower(line.Text+" "+line.From), strings.ToLower(text))
}

// cursor reads the parameter that leads to the next page. Anything else is the first page.
func cursor(before string) (at time.Time, id string, first bool) {
	stamp, id, ok := strings.Cut(before, "~")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if !ok || err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return time.Time{}, "", true
	}
	return at.UTC(), id, false
}
