package handlers

import (
	"strings"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// An orderText is what people read about an action on its page and on its button.
type orderText struct{ title, lede, button string }

var orderTexts = map[admin.Action]orderText{
	admin.EndSession:    {"Sign out one device", "This ends one session for good. Whoever uses that device has to sign in again.", "Sign out this device"},
	admin.EndSessions:   {"Sign out every device", "This ends every session of the account, and a sign-in that is under way is refused.", "Sign out every device"},
	admin.EndEverybody:  {"Sign out everybody", "This ends every session of every account but the one you are using. If the portal restarts meanwhile, do it again.", "Sign out everybody"},
	admin.Disable:       {"Switch the account off", "Nobody can sign in to it, and every session of it ends. Switching it on again revives none.", "Switch off"},
	admin.Enable:        {"Switch the account on", "Its owner can sign in again, as before. No session comes back.", "Switch on"},
	admin.SetRole:       {"Change the role", "The new role counts from the next page on. The first page that needs it asks who it is.", "Change the role"},
	admin.StartReset:    {"Start a password reset", "The owner gets an email with a link by which they choose another password. You see neither the link nor the password, and until then the old one works.", "Send the email"},
	admin.RemoveFactors: {"Remove every second step", "For somebody who has lost all of them. Make sure first who is asking: from then on the password alone signs in. Every session ends.", "Remove them"},
	admin.RevealAddress: {"Show the email address", "You see it for ten minutes, in this session.", "Show it"},
}

var roleChoices = []choice{{auth.RoleMember, "Member"}, {auth.RoleSupport, "Support: sees people and sessions, ends sessions"}, {auth.RoleAdmin, "Administrator: changes accounts too"}}

// lastAdministrator is what somebody reads who would leave nobody.
const lastAdministrator = "Nobody would be left who can administer the portal. Give somebody else that role first."

// administered is the sentence of an event of an action, "" for another event. own is whose trail it is, if that account did it,
// and other who did it otherwise.
func administered(e audit.Event, own, other string) string {
	action, role := admin.Action(e.Reason), ""
	switch e.Kind {
	case audit.AuthorisationChange:
		action, role = admin.SetRole, e.Reason
	case audit.Administered:
	default:
		return ""
	}
	text := other + " " + admin.Did(action, role, "this account")
	if e.Role == "" {
		account := "an account that is gone"
		switch {
		case e.OtherName != "":
			account = "the account of " + e.OtherName
		case e.Other == e.UserID:
			account = "this account"
		}
		text = own + " " + admin.Did(action, role, account)
	}
	return text + repeated(e) + ". Reason: " + e.Note
}

// shortAddress is an email address that its owner recognises, and nobody learns.
func shortAddress(email string) string {
	at := strings.LastIndex(email, "@")
	for i := range email {
		if i > 0 || at <= 0 { // behind the first character
			return email[:i] + "…" + email[max(at, 0):]
		}
	}
	return "…"
}
