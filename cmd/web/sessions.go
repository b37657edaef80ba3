package main

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

type sessionsCommands struct {
	List   listSessionsCommand `cmd:"" help:"List the sessions of an account: those that live, then those that ended of late."`
	End    endSessionsCommand  `cmd:"" help:"End one session of an account, or all of them."`
	EndAll endAllCommand       `cmd:"" help:"End every session of everybody. Sign-ins that are under way are refused."`
}

// A sessionLine is a session, for scripts. It has the handle, which opens nothing, and no token.
type sessionLine struct {
	Session   string      `json:"session"` // handle
	Device    string      `json:"device"`
	IP        string      `json:"ip"`
	LastIP    string      `json:"last_ip"`
	Method    auth.Method `json:"method"`
	CreatedAt time.Time   `json:"created_at"`
	LastSeen  time.Time   `json:"last_seen_at"`
	Until     time.Time   `json:"idle_expires_at"`
	Flag      string      `json:"flag,omitempty"`
	EndedAt   *time.Time  `json:"ended_at,omitempty"`
	Reason    string      `json:"end_reason,omitempty"`
}

func sessionLines(all []session.Session) []sessionLine {
	lines := []sessionLine{} // an empty list in JSON, and no null
	for _, x := range all {
		lines = append(lines, sessionLine{
			x.ID, device.Parse(x.UserAgent).Name, x.IP, x.LastIP, x.Method, x.CreatedAt.UTC(), x.LastSeenAt.UTC(), x.IdleExpiresAt.UTC(),
			x.Flag, optional(x.EndedAt), string(x.EndReason),
		})
	}
	return lines
}

func printSessions(w io.Writer, lines []sessionLine) error {
	list := newTable(w, "SESSION", "DEVICE", "LAST IP", "SINCE", "LAST SEEN", "FLAG", "ENDED", "REASON")
	for _, x := range lines {
		ended := ""
		if x.EndedAt != nil {
			ended = when(*x.EndedAt)
		}
		list.row(x.Session, x.Device, x.LastIP, when(x.CreatedAt), when(x.LastSeen), x.Flag, ended, x.Reason)
	}
	return list.w.Flush()
}

type listSessionsCommand struct {
	accountFlag
	output
	Ended bool `default:"true" negatable:"" help:"Those that ended of late too."`
}

func (l listSessionsCommand) Run(s surroundings, flags *config.Flags) error {
	return withAccounts(s, flags, func(_ config.Settings, p *parts) error {
		owner, err := l.find(s.ctx, p)
		if err != nil {
			return err
		}
		live, ended, err := p.sessions.RecentSessions(s.ctx, owner.ID)
		if err != nil {
			return err
		}
		if l.Ended {
			live = append(live, ended...)
		}
		if !l.JSON {
			return printSessions(s.stdout, sessionLines(live))
		}
		lines := json.NewEncoder(s.stdout)
		for _, x := range sessionLines(live) {
			if err := lines.Encode(x); err != nil {
				return err
			}
		}
		return nil
	})
}

type endSessionsCommand struct {
	orderFlags
	Session string `placeholder:"HANDLE" help:"The session to end, as the list names it. Without it all of the account end."`
}

func (e endSessionsCommand) Run(s surroundings, flags *config.Flags) error {
	if e.Session == "" {
		return e.run(s, flags, admin.Order{Action: admin.EndSessions})
	}
	if !audit.IsID(e.Session) {
		return refusal(audit.ErrNotFound)
	}
	return e.run(s, flags, admin.Order{Action: admin.EndSession, Handle: e.Session})
}

type endAllCommand struct {
	orderFlag
	output
}

func (e endAllCommand) Run(s surroundings, flags *config.Flags) error {
	return withAccounts(s, flags, func(c config.Settings, p *parts) error {
		operator, err := e.by()
		if err != nil {
			return err
		}
		emails := mail.Composer{Base: c.BaseURL.String()}
		did := admin.ByRole(admin.RoleOperator) + " " + admin.Did(admin.EndEverybody, "", "")
		ended, err := p.admin.EndEverybody(s.ctx, admin.Order{Operator: operator, Reason: e.Reason}, func(u auth.User, reason string) (mail.Row, error) {
			return mail.NewRow(p.sealer, emails.Administered(u.Email, u.Name, audit.Now(), did, reason).ToEverybody())
		})
		if wrong, ok := errors.AsType[admin.ReasonError](err); ok {
			return errors.New("--reason: " + wrong.Error())
		}
		if err != nil {
			return refusal(err)
		}
		return e.say(s.stdout, ordered{Action: admin.EndEverybody, Operator: operator, Ended: ended}, "Signed out everybody. Sessions ended: %d.", ended)
	})
}
