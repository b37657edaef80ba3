package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/config"
)

type showUserCommand struct {
	accountFlag
	output
}

// A shown is all that an operator sees of an account.
type shown struct {
	personLine
	AppSince     *time.Time    `json:"authenticator_app_since,omitempty"`
	CodesLeft    int           `json:"recovery_codes_left"`
	Sessions     []sessionLine `json:"sessions"`
	Ended        []sessionLine `json:"ended_sessions"`
	EmailChanges []emailChange `json:"email_changes"`
	Events       []eventLine   `json:"events"`
}

type emailChange struct {
	From      string     `json:"from"`
	To        string     `json:"to"`
	Asked     time.Time  `json:"asked_at"`
	Confirmed *time.Time `json:"confirmed_at,omitempty"`
}

// latestEvents is how many of an account are shown with it.
const latestEvents = 20

func (u showUserCommand) Run(s surroundings, flags *config.Flags) error {
	return withAccounts(s, flags, func(_ config.Settings, p *parts) error {
		owner, err := u.find(s.ctx, p)
		if err != nil {
			return err
		}
		live, ended, err := p.sessions.RecentSessions(s.ctx, owner.ID)
		if err != nil {
			return err
		}
		factors, err := p.accounts.Factors(s.ctx, owner.ID)
		if err != nil {
			return err
		}
		changes, err := p.admin.EmailChanges(s.ctx, owner.ID)
		if err != nil {
			return err
		}
		events, err := p.audit.Events(s.ctx, owner.ID, audit.Filter{Limit: latestEvents})
		if err != nil {
			return err
		}
		v := shown{
			personLine: personOf(admin.Person{User: owner}), AppSince: optional(factors.TOTPSince), CodesLeft: factors.CodesLeft,
			EmailChanges: []emailChange{}, Events: []eventLine{},
		}
		v.Sessions, v.Ended = sessionLines(live), sessionLines(ended)
		for _, x := range live {
			v.Flagged = v.Flagged || x.Flag != ""
		}
		for _, c := range changes {
			v.EmailChanges = append(v.EmailChanges, emailChange{c.OldEmail, c.Email, c.AskedAt.UTC(), optional(c.ConfirmedAt)})
		}
		for _, e := range events {
			v.Events = append(v.Events, eventLineOf(admin.Event{Event: e, Name: owner.Name}))
		}
		if u.JSON {
			return json.NewEncoder(s.stdout).Encode(v)
		}
		return v.print(s.stdout)
	})
}

// print writes the account for people.
func (v shown) print(w io.Writer) error {
	about := newTable(w)
	about.row("id", v.ID)
	about.row("email", v.Email)
	about.row("name", v.Name)
	about.row("role", v.Role)
	about.row("since", when(v.CreatedAt))
	about.row("state", v.state())
	about.row("second factors", fmt.Sprintf("authenticator app: %t, passkeys: %t, recovery codes: %d", v.App, v.Passkeys, v.CodesLeft))
	for _, c := range v.EmailChanges {
		about.row("change of address", c.From+" to "+c.To+", asked for "+when(c.Asked))
	}
	if err := about.w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := printSessions(w, append(v.Sessions, v.Ended...)); err != nil {
		return err
	}
	fmt.Fprintln(w)
	events := newTable(w, "AT", "EVENT", "REASON", "FROM", "BY", "NOTE")
	for _, e := range v.Events {
		events.row(when(e.At), e.Kind, e.Reason, e.IP, e.By, e.Note)
	}
	return events.w.Flush()
}
