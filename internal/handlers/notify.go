package handlers

import (
	"context"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

// notify has the change that the request is about to make store an email to the owner of the account, in its transaction. It is
// called before the record of the press is made.
func (a *app) notify(r *http.Request, owner auth.User, l mail.Email) {
	x, sender := exchangeOf(r), accountSender(owner.ID)
	if x.current != nil {
		sender = accountSender(x.current.UserID)
	}
	x.notices = append(x.notices, mail.Notice{Email: addressed(owner, l.By(sender))})
}

// Emails of one sender wait for those of others, so the portal says whose they are: the account's that is signed in, or the
// network's that asks. Behind the address of a trusted proxy may be anybody, so there they are the reader's.
func accountSender(userID string) string { return "account:" + userID }

func networkSender(c device.Client, email string) string {
	if c.Proxy {
		return "reader:" + email
	}
	return "network:" + c.Largest()
}

// needNotices refuses the change when there is no room for the emails about it.
func (a *app) needNotices(r *http.Request) {
	for i := range exchangeOf(r).notices {
		exchangeOf(r).notices[i].Needed = true
	}
}

// enqueue sends the owner of an account an email about what was found, not about what the request changes, unless they have
// several of its kind from a short while ago. What is good to know is no kind of an alarm: whoever causes one uses up none
// of the other.
func (a *app) enqueue(r *http.Request, owner auth.User, kind string, l mail.Email) {
	if try, ok := a.Guard.Tells(r.Context(), owner.ID, kind); ok {
		a.sendOrReturn(r, owner, l, try)
	}
}

// sendOrReturn gives back what the email took from the limits when it cannot be stored: the next one may be.
func (a *app) sendOrReturn(r *http.Request, owner auth.User, l mail.Email, try *guard.Attempt) {
	if !a.Outbox.Send(addressed(owner, l.By(accountSender(owner.ID)))) {
		try.Return(context.WithoutCancel(r.Context()))
	}
}

// warnOwner writes to the owner of a session about what this very request found. A changed network alone is worth no
// email: a phone changes networks many times a day, and emails that mean nothing teach people not to read them.
func (a *app) warnOwner(r *http.Request, found session.Found) {
	u, s, at := found.User, found.Session, time.Now()
	switch browser := found.Changed.Browser(); {
	case found.Raised == session.FlagTokenReused:
		a.enqueue(r, u, "cookie", a.emails.CookieReused(u.Email, u.Name, at, named(device.Name(s.UserAgent)), s.ID))
	case found.Raised == session.FlagClientChanged && browser != "":
		change := mail.BrowserChange{
			At: at, Session: s.ID, Began: named(device.Name(s.UserAgent)), Used: named(browser),
			Network: found.Changed.Network(), Ended: !s.EndedAt.IsZero(),
		}
		kind := "browser"
		if change.Network != "" {
			kind = "browser and network"
		}
		a.enqueue(r, u, kind, a.emails.BrowserChanged(u.Email, u.Name, change))
	}
}

// notifyOfSignIn writes to the owner of an account about a sign-in that may have been somebody else's: one email, about the
// more serious of the two reasons.
func (a *app) notifyOfSignIn(r *http.Request, u auth.User, in session.SignedIn) {
	device, network := a.sender(in.UserAgent, in.IP), in.Known.Network()
	switch {
	case in.Failures > 0:
		a.enqueue(r, u, "failures", a.emails.AfterFailures(u.Email, u.Name, in.CreatedAt, device, network, in.Failures))
	case in.NewDevice:
		a.enqueue(r, u, "device", a.emails.NewDevice(u.Email, u.Name, in.CreatedAt, device, network))
	}
}

// senderOf names the device that a request came from, and its country, as they stand in an email.
func (a *app) senderOf(r *http.Request) string {
	return a.sender(clientOf(r).UserAgent, clientOf(r).IP)
}

func (a *app) sender(userAgent, ip string) string {
	return mail.DeviceIn(named(device.Name(userAgent)), a.country(ip))
}

// country names the country of an address if the operator has a file that says so.
func (a *app) country(ip string) string {
	if a.Country == nil {
		return ""
	}
	return a.Country(ip)
}
