package handlers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// SessionRows are the rows of sessions for their owners.
type SessionRows interface {
	// SessionRow returns the columns of a session of that account, of each hash only the beginning.
	SessionRow(ctx context.Context, userID, handle string, columns []string) (map[string]any, error)
}

// A column is one of the sessions table: what it is for, and what it holds in the row of somebody who asks.
type column struct {
	fact
	Value string    // "" for nothing
	At    time.Time // in place of Value
}

// sessionRow is the row of the session of the request, column by column.
func (a *app) sessionRow(r *http.Request) ([]column, error) {
	names, columns := make([]string, len(sessionColumns)), make([]column, len(sessionColumns))
	for i, c := range sessionColumns {
		names[i] = c.Name
	}
	row, err := a.Rows.SessionRow(r.Context(), currentOf(r).UserID, currentOf(r).ID, names)
	if err != nil {
		return nil, err
	}
	for i, c := range sessionColumns {
		columns[i] = column{fact: c}
		switch value := row[c.Name].(type) {
		case nil:
		case time.Time:
			columns[i].At = value
		default:
			columns[i].Value = device.Printable(fmt.Sprint(value)) // clients write some of it
		}
	}
	return columns, nil
}

func valueIn(row []column, name string) string {
	for _, c := range row {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// A timelineView is the life of a session as a line, in thousandths of its length.
type timelineView struct {
	Now, Idle           int // where it is, and where it ends unless used
	Left                int // between the two
	Began, Unused, Ends time.Time
}

func timelineOf(s session.Session) timelineView {
	at := func(t time.Time) int {
		return min(1000, max(0, int(1000*t.Sub(s.CreatedAt)/max(1, s.ExpiresAt.Sub(s.CreatedAt)))))
	}
	now, idle := at(time.Now()), at(s.IdleExpiresAt)
	return timelineView{now, idle, max(4, idle-now), s.CreatedAt, s.IdleExpiresAt, s.ExpiresAt}
}

// sessionColumns are those of the sessions table. A test compares them with the table.
var sessionColumns = []fact{
	{"id", "the public handle: it stands in addresses and opens nothing"},
	{"user_id", "whose session it is"},
	{"token_hash", "SHA-256 of the token: the one thing a cookie is compared with"},
	{"prev_token_hash", "the same of the token before, to recognise a copy of it"},
	{"rotated_at", "when the token was made"},
	{"method", "how you signed in"},
	{"remembered", "whether you chose to stay signed in"},
	{"user_agent", "what your browser said of itself at sign-in"},
	{"ip", "the address at sign-in"},
	{"last_ip", "the address at the latest use on record"},
	{"created_at", "when you signed in"},
	{"last_seen_at", "the latest use on record, exact to a touch interval"},
	{"idle_expires_at", "when it ends for want of use, never after the next"},
	{"expires_at", "when it ends in any case; nothing moves it"},
	{"elevated_until", "until when your confirmation counts"},
	{"flag", "why it is flagged"},
	{"ended_at", "empty while it lives; once set, never unset"},
	{"end_reason", "why it ended, one reason"},
	{"ended_by", "from which session it was ended"},
	{"known_clients", "the browsers and networks you stand for"},
	{"known_agent", "what a known browser says of itself since an update"},
	{"flag_client", "what of another browser or network raised the flag"},
	{"unclaimed_since", "when your token was made; empty once your browser has brought it"},
	{"answer_lost", "whether an event says that the answer with your token was lost"},
}
