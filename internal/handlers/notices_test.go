package handlers

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store/storetest"
)

// withCode is a form that is confirmed with the password and a recovery code.
func (p *portal) withCode(page, action, leads string, more ...string) press {
	p.t.Helper()
	u := p.newUser("Rika")
	b := p.signedIn(u)
	_, codes := b.enrolApp()
	b.method("mastercard-0002")
	b.Post("/basket", "plan", "hall").Leads("/plans")
	p.exec(`UPDATE sessions SET elevated_until = NULL WHERE user_id = $1`, u.ID)
	return press{u, b, b.Get(page), action, append([]string{"password", password, "code", codes[0]}, more...), leads, false}
}

// A noticed is a change that its owner is told of.
type noticed struct {
	ready  func(*portal) press
	emails int
}

// noticedForms are the forms of all changes that their owner is told of.
func noticedForms() map[string]noticed {
	forms := map[string]noticed{
		"re-authentication by recovery code": {func(p *portal) press {
			return p.withCode("/reauth?next=%2Faccount%2Femail", "/reauth", "/account/email")
		}, 1},
		"end of all by recovery code": {func(p *portal) press {
			return p.withCode("/account/sessions/end-all", "/account/sessions/end-all", signedOutPage)
		}, 1},
		"password by recovery code": {func(p *portal) press {
			const page = "/account/security/password"
			x := p.withCode(page, page, securityPage, "current_password", password)
			x.fields[1] = otherPassword
			return x
		}, 2},
		"deletion by recovery code": {func(p *portal) press { return p.withCode(deletePage, deletePage, signedOutPage, "sure", "on") }, 2},
		"export by recovery code": {func(p *portal) press {
			return p.withCode(exportPath, exportPath, `attachment; filename="gatehouse-account.json"`)
		}, 2},
		"payment by recovery code": {func(p *portal) press {
			x := p.withCode(checkoutPage, checkoutPage, "")
			x.leads = receiptPage(x.page.Field(checkoutPage, "order"))
			return x
		}, 1},
		"password without an act": {func(p *portal) press {
			x := actForms["password"](p)
			x.fields = append(x.fields, "act", "")
			return x
		}, 1},
	}
	for _, name := range []string{
		"recovery code", "password", "authenticator app", "new recovery codes", "removal of the app", "another passkey", "removal of a passkey",
		"another address", "reset", "deletion", "keeping the account", "export",
		"administration disable", "administration end",
		"administration role", "administration enable", "administration reveal", "administration reset", "administration remove-factors",
	} {
		forms[name] = noticed{actForms[name], 1}
	}
	return forms
}

// changeable is what such a form changes, and the emails about it.
var changeable = []string{
	"users", "totp_secrets", "passkeys", "recovery_codes", "email_changes", "letter_keys", "payments", "acts", "letters",
	"(SELECT id, token_hash, ended_at FROM sessions ORDER BY id) AS kept",
}

// A change and the email to its owner are one transaction: when either cannot be written, there is neither, and the same form
// does both later.
func TestNoticeIsStoredWithItsChange(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for name, form := range noticedForms() {
			x := form.ready(p)
			before, stored := p.dumpOf(changeable...), p.emailsStored()
			for _, table := range []string{"letters", "events"} {
				p.exec(`ALTER TABLE ` + table + ` RENAME TO gone`)
				x.send(&browser{x.b.Twin(), p}).Want(http.StatusInternalServerError)
				p.exec(`ALTER TABLE gone RENAME TO ` + table)
				if p.dumpOf(changeable...) != before {
					t.Errorf("%s without the table %s: something was changed, want nothing", name, table)
				}
			}
			x.send(x.b).Leads(x.leads)
			if n := p.emailsStored() - stored; n != form.emails {
				t.Errorf("%s: %d emails, want %d", name, n, form.emails)
			}
		}
	})
}

// A full outbox keeps nobody from a change that they make in self-defence: the email about it is left out, and the log says so.
// It keeps everybody from a copy of the account, and those with a role from opening somebody else's account unseen.
func TestNoticeWithoutRoom(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		ends := map[string]bool{"administration disable": true, "administration end": true}
		forms, presses := noticedForms(), map[string]press{}
		for name, form := range forms {
			presses[name] = form.ready(p) // some of them read an email
		}
		p.exec(`DELETE FROM letters`)
		storetest.FillOutbox(t, p.store)
		for name, form := range forms {
			x, logged := presses[name], p.log.Len()
			if strings.HasPrefix(name, "export") || strings.HasPrefix(name, "administration") && !ends[name] {
				x.send(x.b).Want(http.StatusServiceUnavailable)
				form.emails = 0
			} else {
				x.send(x.b).Leads(x.leads)
			}
			if n := strings.Count(p.log.After(logged), `"msg":"email dropped"`); n != form.emails || p.emailsStored() != mail.MaxQueued {
				t.Errorf("%s: %d emails dropped and %d stored, want %d and no more than before", name, n, p.emailsStored(), form.emails)
			}
		}
	})
}

// The emails to everybody leave room for those of others.
func TestEndEverybodyLeavesRoom(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		s := p.administration()
		p.signedIn(s.owner)
		p.exec(`DELETE FROM letters`)
		storetest.FillOutbox(t, p.store)
		p.exec(`DELETE FROM letters WHERE CAST(id AS INTEGER) >= $1`, mail.MaxQueued/2)
		s.b.Post("/admin/sessions/end-all", "reason", "A stolen backup.").Leads("/admin")
		if n := p.emailsStored(); n != mail.MaxQueued/2 || s.theirs.Alive() {
			t.Errorf("%d emails in the outbox, want half of what it holds, and everybody signed out", n)
		}
	})
}
