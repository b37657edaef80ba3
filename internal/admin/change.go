package admin

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// An Action is what somebody with a role does to an account. Its name is the reason of its events.
type Action string

// The actions.
const (
	EndSession    Action = "end-session"
	EndSessions   Action = "end-sessions"
	EndEverybody  Action = "end-everybody" // of all accounts
	Disable       Action = "disable"
	Enable        Action = "enable"
	SetRole       Action = "role"
	StartReset    Action = "reset"
	RemoveFactors Action = "remove-factors"
	RevealAddress Action = "reveal"
	Restore       Action = "restore" // of all accounts, by an operator, after the database was replaced by a copy of an earlier time
)

// Needs is the role that the action needs.
func (a Action) Needs() string {
	if a == EndSession || a == EndSessions || a == RevealAddress {
		return auth.RoleSupport
	}
	return auth.RoleAdmin
}

// Closes reports whether the action takes access away and gives none: that is done although its email cannot be stored.
func (a Action) Closes() bool {
	return a == EndSession || a == EndSessions || a == EndEverybody || a == Disable
}

// An Order is an action that somebody orders.
type Order struct {
	Action
	By       audit.Actor
	ByRole   string // of By, as read with the request
	Operator string // name of who orders it at the machine, in place of By: whoever can start the program has the database anyway
	UserID   string // whose account it is
	UserRole string // as read with the request
	Epoch    int64  // of UserID, as read with the address that StartReset writes to
	Handle   string // of the session that EndSession ends
	NewRole  string // for SetRole
	Reason   string // as typed
	Link     string // token in the email of StartReset
	Act      *act.Record
}

// A Change is an order that is ready to be stored.
type Change struct {
	Order
	At     time.Time
	Reset  account.OneTimeToken // of StartReset
	Events []audit.Event        // of both accounts
}

// A ReasonError explains what is wrong with a reason.
type ReasonError string

func (e ReasonError) Error() string { return string(e) }

// MaxReason is how long a reason may be, in code points.
const MaxReason = 300

// CleanReason returns the reason as it is stored, in one line, or a ReasonError.
func CleanReason(typed string) (string, error) {
	reason := strings.Join(strings.Fields(typed), " ")
	switch {
	case reason == "":
		return "", ReasonError("Say why. The person reads it.")
	case utf8.RuneCountInString(reason) > MaxReason:
		return "", ReasonError(fmt.Sprintf("Use at most %d characters.", MaxReason))
	case strings.ContainsFunc(reason, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) }):
		return "", ReasonError("Leave out invisible characters and those that change the direction of the text.")
	}
	return reason, nil
}

// Do carries out an order, in one transaction with its events, the answer of its press and the email to the person. It returns
// how many sessions ended. A ReasonError, ErrForbidden, ErrOwnAccount, ErrUnchanged, ErrDemo, account.ErrLastAdministrator,
// ErrNotFound for an unknown account or session, ErrConflict when the session that asks is over or not elevated any more.
func (s *Service) Do(ctx context.Context, o Order) (ended int, err error) {
	c, err := s.prepare(o)
	if err != nil {
		return 0, err
	}
	over, err := s.store.Administer(ctx, c)
	if err != nil {
		return 0, fmt.Errorf("administer: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(over, device.Client{}), c.Events...)...)
	return session.EndedNow(over, c.At), nil
}

// prepare refuses what can be refused without the database. Its other checks are repeated in the transaction.
func (s *Service) prepare(o Order) (c Change, err error) {
	if o.Reason, err = CleanReason(o.Reason); err != nil {
		return Change{}, err
	}
	switch {
	case o.Operator == "" && o.UserID == o.By.UserID && (o.Action != SetRole || Includes(o.NewRole, o.ByRole)):
		return Change{}, ErrOwnAccount
	case audit.IsDemo(o.UserID) && (o.Action == SetRole || o.Action == StartReset):
		return Change{}, ErrDemo
	case o.Action == SetRole && rank(o.NewRole) < 0:
		return Change{}, ErrUnchanged
	}
	c = Change{Order: o, At: audit.Now()}
	if o.Action == StartReset {
		c.Reset = account.OneTimeToken{
			TokenHash: auth.HashToken(o.Link), UserID: o.UserID, Purpose: account.PurposeReset, CreatedAt: c.At, ExpiresAt: c.At.Add(account.ResetValid),
		}
	}
	c.Events = events(o, c.At)
	return c, nil
}

// events are the one in the trail of the account, which says which role did it and not from where, and the one in the trail of
// who did it.
func events(o Order, at time.Time) []audit.Event {
	kind, reason := audit.Administered, string(o.Action)
	if o.Action == SetRole {
		kind, reason = audit.AuthorisationChange, o.NewRole
	}
	if o.Operator != "" {
		return operatorEvents(o, kind, reason, at)
	}
	theirs := audit.NewEvent(kind, o.UserID, o.Handle, device.Client{}).Because(reason)
	theirs.At, theirs.Other, theirs.Role, theirs.Note = at, o.By.UserID, o.ByRole, o.Reason
	own := o.By.Event(kind).Because(reason)
	own.At, own.Other, own.Note = at, o.UserID, o.Reason
	if o.UserID == "" || o.UserID == o.By.UserID { // all accounts; or stepping down, which is one trail and one event
		return []audit.Event{own}
	}
	return []audit.Event{theirs, own}
}

// NewToken returns the secret of the email of StartReset.
func NewToken() string { return auth.NewToken() }
