package admin

import (
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// RoleOperator stands in events for whoever ordered something at the machine. No account has it.
const RoleOperator = "operator"

// operatorPrefix begins what stands in events for the other account, where there is none. No id begins so.
const operatorPrefix = "operator:"

// operatorEvents is the event in the trail of the account. An operator has no trail: what is done to everybody is in the trails
// of all, and the order itself in the log.
func operatorEvents(o Order, kind audit.Kind, reason string, at time.Time) []audit.Event {
	if o.UserID == "" {
		return nil
	}
	e := audit.NewEvent(kind, o.UserID, o.Handle, device.Client{}).Because(reason)
	e.At, e.Other, e.Role, e.Note = at, o.by(), o.role(), o.Reason
	return []audit.Event{e}
}

// by is who ordered it, as events name them.
func (o Order) by() string {
	if o.Operator != "" {
		return operatorPrefix + o.Operator
	}
	return o.By.UserID
}

// role is that of who ordered it, as events name it.
func (o Order) role() string {
	if o.Operator != "" {
		return RoleOperator
	}
	return o.ByRole
}

// OperatorOf returns the name of the operator who did what the event says, "" for an account.
func OperatorOf(e audit.Event) string {
	if e.Role != RoleOperator {
		return ""
	}
	name, _ := strings.CutPrefix(e.Other, operatorPrefix)
	return name
}
