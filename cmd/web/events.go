package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/config"
)

type eventsCommands struct {
	Export exportEventsCommand `cmd:"" help:"Write events of accounts as lines of JSON, the newest first."`
}

type exportEventsCommand struct {
	Email  string   `xor:"account" placeholder:"ADDRESS" help:"Only those of the account with this address."`
	ID     string   `name:"id" xor:"account" placeholder:"ID" help:"Only those of the account with this id."`
	Kind   []string `placeholder:"KIND" help:"Only events of this kind, such as authn_login_fail. Several may be given."`
	Since  string   `placeholder:"TIME" help:"Only from then on: 2026-01-31, 2026-01-31T08:00:00Z, or 24h for the last day."`
	Until  string   `placeholder:"TIME" help:"Only before that."`
	Limit  int      `help:"At most so many; 0 for all."`
	Output string   `placeholder:"FILE" help:"Write into this file, which must not exist, in place of standard output."`
}

// An eventLine is an event, for scripts.
type eventLine struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	Reason    string    `json:"reason,omitempty"`
	Account   string    `json:"account"`
	Name      string    `json:"name"`
	Session   string    `json:"session,omitempty"`
	IP        string    `json:"ip,omitempty"`
	UserAgent string    `json:"user_agent,omitempty"`
	Times     int       `json:"times"`             // how often within a minute
	Other     string    `json:"other,omitempty"`   // the other account, where somebody with a role did something
	By        string    `json:"by,omitempty"`      // name of who did it, in the trail of the account that it was done to
	ByRole    string    `json:"by_role,omitempty"` // and the role of that
	Note      string    `json:"note,omitempty"`    // the reason that was typed
}

func eventLineOf(e admin.Event) eventLine {
	line := eventLine{
		ID: e.ID, At: e.At.UTC(), Kind: string(e.Kind), Reason: e.Reason, Account: e.UserID, Name: e.Name, Session: e.SessionID,
		IP: e.Client.IP, UserAgent: e.Client.UserAgent, Times: e.Count(), Other: e.Other, ByRole: e.Role, Note: e.Note,
	}
	if operator := admin.OperatorOf(e.Event); operator != "" {
		line.Other, line.By = "", operator
	} else if e.Role != "" {
		line.By = e.OtherName
	}
	return line
}

func (x exportEventsCommand) Run(s surroundings, flags *config.Flags) error {
	return withAccounts(s, flags, func(_ config.Settings, p *parts) (err error) {
		f, since, err := x.filter(time.Now())
		if err != nil {
			return err
		}
		if x.Email != "" || x.ID != "" {
			owner, err := accountFlag{x.Email, x.ID}.find(s.ctx, p)
			if err != nil {
				return err
			}
			f.UserID = owner.ID
		}
		to := s.stdout
		if x.Output != "" {
			file, err := newFile(x.Output)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			to = file
		}
		return x.write(s, p, to, f, since)
	})
}

// eventsAtOnce is how many are read with one query.
const eventsAtOnce = 500

// write writes the events that the filter selects and that are no older than since.
func (x exportEventsCommand) write(s surroundings, p *parts, to io.Writer, f admin.EventFilter, since time.Time) error {
	lines, written, bar := json.NewEncoder(to), 0, newProgress(s, "events", 0)
	defer bar.done()
	for f.Limit = eventsAtOnce; ; {
		events, err := p.admin.Events(s.ctx, f)
		if err != nil {
			return err
		}
		for _, e := range events {
			f.BeforeAt, f.BeforeID = e.At, e.ID
			if e.At.Before(since) || x.Limit > 0 && written == x.Limit {
				return nil
			}
			if len(x.Kind) > 1 && !slices.Contains(x.Kind, string(e.Kind)) {
				continue
			}
			if err := lines.Encode(eventLineOf(e)); err != nil {
				return err
			}
			written++
		}
		bar.step(len(events))
		if len(events) < eventsAtOnce {
			return nil
		}
	}
}

func (x exportEventsCommand) filter(now time.Time) (f admin.EventFilter, since time.Time, err error) {
	if since, err = moment(x.Since, now); err != nil {
		return f, since, fmt.Errorf("--since: %w", err)
	}
	if f.BeforeAt, err = moment(x.Until, now); err != nil {
		return f, since, fmt.Errorf("--until: %w", err)
	}
	if len(x.Kind) == 1 {
		f.Kind = audit.Kind(x.Kind[0])
	}
	return f, since, nil
}

// moment reads a time, a day, or how long ago it was. Nothing is the zero time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2026-01-31, 2026-01-31T08:00:00Z or 24h", text)
}

// newFile makes a file that only its owner can read, where there is none.
func newFile(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s exists already, and is left as it is", name)
	}
	return file, err
}
