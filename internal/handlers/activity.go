package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gatehouse/internal/auth"
)

const (
	eventsPerPage = 30
	eventsScanned = 600 // how far back one page of a search looks
)

// activity is the person's own audit trail, newest first, by day.
func (a *app) activity(w http.ResponseWriter, r *http.Request) error {
	v := &activityView{layout: layout{Nav: "activity"}, Kinds: kindChoices, Query: strings.TrimSpace(query(r, "q"))}
	filter := auth.EventFilter{Kinds: shownKinds, Limit: eventsPerPage + 1}
	if kinds, ok := kindGroups[query(r, "kind")]; ok {
		v.Kind, filter.Kinds = query(r, "kind"), kinds
	}
	filter.BeforeAt, filter.BeforeID, v.First = cursor(query(r, "before"))
	found, more, err := a.matching(r, filter, v.Query)
	if err != nil {
		return err
	}
	for _, e := range found {
		day := e.At.UTC().Truncate(24 * time.Hour)
		if n := len(v.Days); n == 0 || !v.Days[n-1].Date.Equal(day) {
			v.Days = append(v.Days, dayView{Date: day})
		}
		last := &v.Days[len(v.Days)-1]
		last.Events = append(last.Events, eventLine(e))
	}
	if more != "" {
		v.Older = "/account/activity?" + olderQuery(v, more)
	}
	return a.render(w, r, http.StatusOK, v)
}

func olderQuery(v *activityView, before string) string {
	q := url.Values{"before": {before}}
	if v.Kind != "" {
		q.Set("kind", v.Kind)
	}
	if v.Query != "" {
		q.Set("q", v.Query)
	}
	return q.Encode()
}

// matching returns one page of events whose line contains the text, and the cursor of the next page. The search reads
// the sentences people see, so it happens here; it looks a bounded way back and offers to go on from there.
func (a *app) matching(r *http.Request, f auth.EventFilter, text string) (found []auth.Event, more string, err error) {
	text = strings.ToLower(text)
	for scanned := 0; ; {
		events, err := a.Auth.Events(r.Context(), visitorOf(r).UserID, f)
		if err != nil {
			return nil, "", err
		}
		for i, e := range events {
			if i == eventsPerPage || len(found) == eventsPerPage {
				break
			}
			scanned++
			f.BeforeAt, f.BeforeID = e.At, e.ID
			line := eventLine(e)
			if text == "" || strings.Contains(strings.ToLower(line.Text+" "+line.From), text) {
				found = append(found, e)
			}
		}
		switch {
		case len(events) <= eventsPerPage && (len(events) == 0 || f.BeforeID == events[len(events)-1].ID):
			return found, "", nil
		case len(found) == eventsPerPage || text == "" || scanned >= eventsScanned:
			return found, f.BeforeAt.Format(time.RFC3339Nano) + "~" + f.BeforeID, nil
		}
	}
}

// cursor reads the parameter that olderQuery writes. Anything else is the first page.
func cursor(before string) (at time.Time, id string, first bool) {
	stamp, id, ok := strings.Cut(before, "~")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if !ok || err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return time.Time{}, "", true
	}
	return at.UTC(), id, false
}
