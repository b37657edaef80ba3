package handlers

import "example.com/gatehouse/internal/guard"

// An option is what a line of the table says besides its address and its handler.
type option func(*route)

// nav names the entry of the navigation that is lit on a page, and on what its forms answer. See the partial "nav".
func nav(entry string) option { return func(rt *route) { rt.nav, rt.navSaid = entry, true } }

// none is the entry of pages that light none.
const none = ""

// on names the page that a form stands on, where that has another address than the form. There people come back to when
// the form comes too late.
func on(page string) option { return func(rt *route) { rt.page = page } }

// drafts names the fields of a form that are saved when it comes too late, and shown again to the same person. A password, a
// code or a file is never among them. name identifies the form in the database, purpose says what the person was about to do,
// and cancel is a page without re-authentication for those who cancel.
func drafts(name, purpose, cancel string, fields ...string) option {
	return func(rt *route) { rt.late, rt.lateSaid = &lateForm{name, purpose, cancel, fields}, true }
}

// noDraft is for forms that hold only secrets and choices: nothing of them is saved when they come too late.
func noDraft(rt *route) { rt.lateSaid = true }

// isAct is for forms that rotate, open or end a session, spend something once, send an email or write an event: pressed again
// they get the answer that they had, if the template has the field for it. noAct is for those that may be pressed again without
// harm.
func isAct(rt *route) { rt.act, rt.actSaid = true, true }
func noAct(rt *route) { rt.actSaid = true }

// spends names the limit of the account that a press is taken from, before the handler. Without it that is guard.Asked.
func spends(l guard.Limit) option { return func(rt *route) { rt.spends = l } }

// limits is for forms whose handler, or what it asks, takes from these limits: nobody is signed in yet, or what was typed is
// shown again when they are used up. Without any the form writes nothing, there is no more to write than was there before, as a
// link works once, or it ends sessions, which is refused to nobody. What guesses are taken from inside a session goes without
// saying. A test compares the rest with what is taken.
func limits(all ...guard.Limit) option {
	return func(rt *route) { rt.limited, rt.limits = true, all }
}

// returned lets people come back to a page for everybody after signing in. notReturned takes a guarded page out of that.
func returned(rt *route)    { rt.returned = true }
func notReturned(rt *route) { rt.returned = false }

// forScripts is for addresses that scripts call: errors are answered as JSON, unless the request prefers a page.
func forScripts(rt *route) { rt.script = true }

// readOnly is for addresses that a page polls by itself, and for what must not extend a session that is about to end: the request
// is no activity.
func readOnly(rt *route) { rt.readOnly = true }
