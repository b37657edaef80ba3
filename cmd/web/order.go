package main

import (
	"fmt"
	"strings"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/mail"
)

// An ordered is what became of an order, for scripts.
type ordered struct {
	Action   admin.Action `json:"action"`
	Account  string       `json:"account,omitempty"`
	Email    string       `json:"email,omitempty"`
	Role     string       `json:"role,omitempty"`
	Operator string       `json:"operator"`
	Ended    int          `json:"sessions_ended"`
	Told     bool         `json:"email_stored"` // one is on its way to the person
}

// carryOut orders something about an account, as the pages of administrators do: in one transaction with its event and the
// email to the person.
func carryOut(s surroundings, c config.Settings, p *parts, o admin.Order, owner auth.User, flag orderFlag, out output) (err error) {
	if o.Operator, err = flag.by(); err != nil {
		return err
	}
	if o.Reason, err = admin.CleanReason(flag.Reason); err != nil {
		return fmt.Errorf("--reason: %w", err)
	}
	o.UserID, o.UserRole, o.Epoch = owner.ID, owner.Role, owner.Epoch
	if o.Act, err = notices(c, p, o, owner); err != nil {
		return err
	}
	ended, err := p.admin.Do(s.ctx, o)
	if err != nil {
		return refusal(err)
	}
	told := len(o.Act.Notices) == 1 && !o.Act.Notices[0].Full
	if !told {
		fmt.Fprintln(s.stderr, "warning: the outbox is full, so the person gets no email about it")
	}
	text := admin.Did(o.Action, o.NewRole, owner.Email)
	return out.say(s.stdout, ordered{o.Action, owner.ID, owner.Email, o.NewRole, o.Operator, ended, told},
		"%s. Sessions ended: %d.", strings.ToUpper(text[:1])+text[1:], ended)
}

// notices are the email to the person. What opens an account is not done without it.
func notices(c config.Settings, p *parts, o admin.Order, owner auth.User) (*act.Record, error) {
	emails := mail.Composer{Base: c.BaseURL.String()}
	l := emails.Administered(owner.Email, owner.Name, audit.Now(), admin.ByRole(admin.RoleOperator)+" "+admin.Did(o.Action, o.NewRole, "your account"), o.Reason)
	if owner.IsDemo() {
		l = l.Into(owner.ID)
	}
	row, err := mail.NewRow(p.sealer, l)
	return &act.Record{Notices: []mail.Notice{{Email: l, Needed: !o.Action.Closes(), Row: row}}}, err
}

// orderFlags are those of an order about one account.
type orderFlags struct {
	accountFlag
	orderFlag
	output
}

// run carries out an order about the account.
func (f orderFlags) run(s surroundings, flags *config.Flags, o admin.Order) error {
	return withAccounts(s, flags, func(c config.Settings, p *parts) error {
		owner, err := f.find(s.ctx, p)
		if err != nil {
			return err
		}
		return carryOut(s, c, p, o, owner, f.orderFlag, f.output)
	})
}
