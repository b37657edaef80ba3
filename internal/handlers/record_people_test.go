package handlers

import (
	"fmt"
	"net/http"
	"sync/atomic"
)

// A recordPerson is somebody who meets every route of the portal.
type recordPerson struct {
	name, is string
	demo     bool // has a demo account
	brief    bool // is asked each route as it stands, and in few other situations
	signIn   func(a *recordAccount) *browser
}

// The people of the record, by the portals they come to: the last two meet a guard that a setting puts up.
var (
	recordPeople = []recordPerson{
		{name: "nobody", is: "is not signed in", signIn: (*recordAccount).browser},
		{name: "member", is: "is signed in", signIn: (*recordAccount).signIn},
		{name: "flagged", is: "is signed in, and the session was used from another network", brief: true, signIn: (*recordAccount).flagged},
		{name: "elevated", is: "is signed in, and has confirmed a moment ago who it is", signIn: (*recordAccount).elevated},
		{name: "admin", is: "is signed in with the role of an administrator, and has confirmed a moment ago who it is", brief: true, signIn: (*recordAccount).administrator},
		{name: "demo", is: "is the visitor of a demo account", demo: true, brief: true, signIn: (*recordAccount).tries},
		{name: "leaving", is: "is signed in to an account that is to be deleted", brief: true, signIn: (*recordAccount).leaving},
	}
	recordWaiting = []recordPerson{
		{name: "waiting", is: "is flagged, where ON_CLIENT_CHANGE is reauth", brief: true, signIn: (*recordAccount).flagged},
	}
	recordLacking = []recordPerson{
		{name: "lacking", is: "is signed in without a second step, where REQUIRE_SECOND_FACTOR is true", brief: true, signIn: (*recordAccount).signIn},
	}
)

// A recordAccount is a fresh account and the browsers of its owner, all in one network.
type recordAccount struct {
	p               *portal
	email, password string
	network         string
	other           *browser // signed in; nil until it is needed
	used, confirmed bool     // what was done with other
	codes           []string // recovery codes, each to be used once; none without a second step
}

func newRecordAccount(p *portal, demo bool) *recordAccount {
	a := &recordAccount{p: p, network: recordNetwork()}
	if demo {
		a.other = a.browser()
		a.other.startDemo()
		a.email, a.password = a.other.demo()
	} else {
		a.email, a.password = p.newUser("Recorded").Email, password
	}
	return a
}

var recordNetworks atomic.Int64

// recordNetwork is a network that no other account is in, so that none meets the limits of another, and whose name is as
// long as that of every other: small files are compressed or not by their length.
func recordNetwork() string {
	return fmt.Sprintf("2001:db8:%x:1111", 0x1000+recordNetworks.Add(1)%0xe000)
}

// browser is one that nobody is signed in with.
func (a *recordAccount) browser() *browser {
	b := a.p.browser()
	b.IP, b.Transport = a.network+"::7", zipped{b.Transport}
	return b
}

// elsewhere is a browser of the owner's, beside the one that asks.
func (a *recordAccount) elsewhere() *browser {
	if a.other == nil {
		a.other = a.signIn()
	}
	a.used = true
	return a.other
}

// owner is the same once it has confirmed who it is.
func (a *recordAccount) owner() *browser {
	b := a.elsewhere()
	if !a.confirmed {
		a.confirmed = true
		a.confirm(b)
	}
	return b
}

// signIn is another browser, in which the owner has signed in with all that the account asks for.
func (a *recordAccount) signIn() *browser {
	b := a.browser()
	in := b.Post("/login", "email", a.email, "password", a.password).Want(http.StatusSeeOther)
	if in.Header.Get("Location") == "/login/verify" {
		b.Post("/login/verify", "code", a.code()).Want(http.StatusSeeOther)
	}
	return b
}

func (a *recordAccount) confirm(b *browser) {
	b.Post("/reauth", "password", a.password, "code", a.code()).Want(http.StatusSeeOther)
}

// code is a recovery code that was not used yet, "" for an account without a second step.
func (a *recordAccount) code() (code string) {
	if len(a.codes) > 0 {
		code, a.codes = a.codes[0], a.codes[1:]
	}
	return code
}

func (a *recordAccount) elevated() *browser {
	b := a.signIn()
	a.confirm(b)
	return b
}

func (a *recordAccount) administrator() *browser {
	a.p.exec(`UPDATE users SET role = 'admin' WHERE email = $1`, a.email)
	return a.elevated()
}

// anotherNetwork is one that nobody signs in from.
const anotherNetwork = "198.51.100.7"

func (a *recordAccount) flagged() *browser {
	b := a.signIn()
	b.at(anotherNetwork).Get("/plans")
	return b
}

func (a *recordAccount) leaving() *browser {
	a.signIn().Post("/account/delete", "sure", "on", "password", a.password).Leads("/signed-out")
	return a.signIn()
}

// tries is the browser that began the demo, or another one where that was used for something else.
func (a *recordAccount) tries() *browser {
	if a.used {
		return a.signIn()
	}
	return a.other
}
