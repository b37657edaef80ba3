package admin

import (
	"strings"

	"example.com/gatehouse/internal/auth"
)

// whom stands in sentences for the account.
const whom = "{whom}"

// sentences say what an action did, behind who did it.
var sentences = map[Action]string{
	EndSession:    "signed out one device of " + whom,
	EndSessions:   "signed out every device of " + whom,
	EndEverybody:  "signed out everybody",
	Disable:       "switched off " + whom,
	Enable:        "switched on again " + whom,
	SetRole:       "gave the role of {role} to " + whom,
	StartReset:    "started a password reset for " + whom,
	RemoveFactors: "removed every second step of " + whom,
	Restore:       "restored a backup of the portal, which ended every session, the recovery codes and the links of emails from before",
	RevealAddress: "looked at the email address of " + whom,
}

// Did is what an action did to an account, with what stands for that. Who did it stands before it.
func Did(action Action, role, account string) string {
	return strings.NewReplacer(whom, account, "{role}", strings.ToLower(RoleNames[role])).Replace(sentences[action])
}

// RoleNames are what people read for the roles.
var RoleNames = map[string]string{auth.RoleMember: "Member", auth.RoleSupport: "Support", auth.RoleAdmin: "Administrator"}

// ByRole says in a sentence who it was, without a name: the person should know which role acts on the account, not whom to blame.
func ByRole(role string) string {
	switch role {
	case auth.RoleSupport:
		return "Support"
	case RoleOperator:
		return "An operator"
	}
	return "An administrator"
}
