package main

import (
	"encoding/json"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/config"
)

type listUsersCommand struct {
	output
	Search string `placeholder:"TEXT" help:"Only accounts whose name has a word that begins so, or whose whole address this is."`
	Show   string `enum:",member,support,admin,disabled,flagged,deleting" default:"" help:"Only those with a role, disabled, flagged (a suspicious session) or deleting (to be deleted)."`
	Limit  int    `default:"100" help:"At most so many; 0 for all."`
}

// A personLine is an account, for scripts.
type personLine struct {
	ID          string     `json:"id"`
	Email       string     `json:"email"`
	Name        string     `json:"name"`
	Role        string     `json:"role"`
	CreatedAt   time.Time  `json:"created_at"`
	DisabledAt  *time.Time `json:"disabled_at,omitempty"`
	DeleteAfter *time.Time `json:"delete_after,omitempty"`
	DemoUntil   *time.Time `json:"demo_until,omitempty"`
	Flagged     bool       `json:"flagged"` // it has a suspicious session
	App         bool       `json:"authenticator_app"`
	Passkeys    bool       `json:"passkeys"`
}

func personOf(p admin.Person) personLine {
	return personLine{
		p.ID, p.Email, p.Name, p.Role, p.CreatedAt.UTC(), optional(p.DisabledAt), optional(p.DeleteAfter), optional(p.DemoUntil),
		p.Flagged, p.TOTP, p.User.Passkeys,
	}
}

// optional is a time that may be missing.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// state says in a word or two what is special about the account.
func (p personLine) state() string {
	switch {
	case p.DisabledAt != nil:
		return "disabled"
	case p.DeleteAfter != nil:
		return "to be deleted"
	case p.DemoUntil != nil:
		return "demo"
	case p.Flagged:
		return "flagged"
	}
	return ""
}

func (l listUsersCommand) Run(s surroundings, flags *config.Flags) error {
	return withAccounts(s, flags, func(_ config.Settings, p *parts) error {
		list, lines := newTable(s.stdout, "ID", "EMAIL", "NAME", "ROLE", "SINCE", "STATE"), json.NewEncoder(s.stdout)
		left, page := l.Limit, admin.PageOfPeople{More: true}
		for page.More && (l.Limit == 0 || left > 0) {
			var err error
			if page, err = p.admin.People(s.ctx, l.Search, l.Show, page.NextKey, page.NextID); err != nil {
				return err
			}
			for _, found := range page.People {
				if left--; left < 0 && l.Limit > 0 {
					break
				}
				one := personOf(found)
				if !l.JSON {
					list.row(one.ID, one.Email, one.Name, one.Role, when(one.CreatedAt), one.state())
				} else if err := lines.Encode(one); err != nil {
					return err
				}
			}
		}
		if l.JSON {
			return nil
		}
		return list.w.Flush()
	})
}
