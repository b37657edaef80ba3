package proof

import (
	"example.com/gatehouse/webtest"
)

// administrationScenes lead to the forms by which somebody with a role acts on the account of somebody else.
func administrationScenes() (scenes []scene) {
	for _, s := range []struct {
		action, prepare string
		more            []string
	}{
		{"reveal", "", nil}, {"end-sessions", "", nil}, {"disable", "", nil}, {"reset", "", nil}, {"role", "", []string{"role", "support"}},
		{"enable", `UPDATE users SET disabled_at = created_at WHERE id = $1`, nil},
		{"remove-factors", `INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) SELECT id, '', 0, created_at FROM users WHERE id = $1`, nil},
	} {
		scenes = append(scenes, scene{"administration: " + s.action, "/admin/users/{id}/" + s.action, func(x *pressRunner, b *webtest.Client) filled {
			by, of := x.administrator(b), x.account()
			if s.prepare != "" {
				if _, err := x.facts.Exec(s.prepare, of.id); err != nil {
					x.t.Error(err)
				}
			}
			return by.order(b, of, "/admin/users/"+of.id+"/"+s.action, s.more...)
		}})
	}
	return append(scenes,
		scene{"administration: end of a session", "/admin/users/{id}/sessions/{handle}/end", func(x *pressRunner, b *webtest.Client) filled {
			by, theirs := x.administrator(b), b.Fresh()
			of := x.signedIn(theirs)
			return by.order(b, of, "/admin/users/"+of.id+"/sessions/"+theirs.Handle()+"/end")
		}})
}

func (x *pressRunner) administrator(b *webtest.Client) someone {
	b.T.Helper()
	u := x.signedIn(b)
	if _, err := x.facts.Exec(`UPDATE users SET role = 'admin' WHERE id = $1`, u.id); err != nil {
		x.t.Error(err)
	}
	b.Reauth(webtest.Password).Leads("/account/sessions")
	return u
}

// order is the form of an order, of which the other one gets an email.
func (u someone) order(b *webtest.Client, of someone, page string, more ...string) filled {
	b.T.Helper()
	p := u.press(b, page, page, append([]string{"reason", "She asked for it."}, more...)...)
	p.emails = []string{of.email}
	return p
}
