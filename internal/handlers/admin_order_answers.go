package handlers

import (
	"errors"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/auth"
)

// wrongOrder is what is wrong with a form before anything is tried.
func wrongOrder(o admin.Order, owner auth.User) (wrong problems) {
	if o.Action == admin.SetRole && !admin.Includes(o.NewRole, auth.RoleMember) {
		wrong = append(wrong, problem{"role", "Choose a role."})
	}
	if o.Action == admin.StartReset && !owner.DisabledAt.IsZero() {
		wrong = append(wrong, problem{"", "The account is switched off. Switch it on first."})
	}
	if _, err := admin.CleanReason(o.Reason); err != nil {
		wrong = append(wrong, problem{"reason", err.Error()})
	}
	return wrong
}

// wrongAnswer is what the person is told of a refusal that the form can be shown again for.
func wrongAnswer(err error) problems {
	switch {
	case errors.Is(err, admin.ErrOwnAccount):
		return problems{{"", "This is your own account. Nobody raises their own role, and for the rest you have pages of your own."}}
	case errors.Is(err, account.ErrLastAdministrator):
		return problems{{"", lastAdministrator}}
	case errors.Is(err, admin.ErrDemo):
		return problems{{"", "A demo account has no role and no address outside."}}
	}
	return nil
}

// outcome says what was done.
func outcome(o admin.Order, ended int) string {
	switch {
	case o.Action == admin.StartReset:
		return "The email with the link is on its way."
	case o.Action == admin.RevealAddress:
		return "The address is shown for ten minutes."
	case o.Action == admin.SetRole:
		return "The role counts from the next page on."
	case ended == 0:
		return "No session had to end."
	}
	return count(ended, "session") + " ended."
}
