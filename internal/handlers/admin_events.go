package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
)

// eventsView is the events of all accounts.
type eventsView struct {
	Layout
	Kinds  []choice
	Kind   string
	User   string // id of the account whose events are shown, "" for all
	Events []adminEventView
	Older  string // link to the next page, "" on the last
	First  bool
}

// An adminEventView is an event and whose it is.
type adminEventView struct {
	eventView
	User, Name string
	Kind       string
}

func (*eventsView) page() string { return "admin-events.html" }

// adminKinds are the kinds of events that an account can have, by their names.
var adminKinds = slices.Sorted(maps.Keys(sentences))

func (a *app) showEvents(w http.ResponseWriter, r *http.Request) error {
	v := &eventsView{Kinds: []choice{{"", "All kinds"}}, User: query(r, "user")}
	for _, kind := range adminKinds {
		v.Kinds = append(v.Kinds, choice{string(kind), string(kind)})
		if query(r, "kind") == string(kind) {
			v.Kind = string(kind)
		}
	}
	f := admin.EventFilter{UserID: v.User, Kind: audit.Kind(v.Kind), Limit: eventsPerPage + 1}
	f.BeforeAt, f.BeforeID, v.First = cursor(query(r, "before"))
	events, err := a.Admin.Events(r.Context(), f)
	if err != nil {
		return err
	}
	if len(events) > eventsPerPage {
		events = events[:eventsPerPage]
		last := events[eventsPerPage-1]
		v.Older = "/admin/events?" + url.Values{
			"kind": {v.Kind}, "user": {v.User}, "before": {last.At.Format(time.RFC3339Nano) + "~" + last.ID},
		}.Encode()
	}
	for _, e := range events {
		line := eventOf(e.Event, e.Name)
		if line.Text == "" { // for the log alone
			line.Icon, line.Text = "info", strings.ReplaceAll(string(e.Kind), "_", " ")+repeated(e.Event)
		}
		v.Events = append(v.Events, adminEventView{line, e.UserID, e.Name, string(e.Kind)})
	}
	return a.render(w, r, http.StatusOK, v)
}
