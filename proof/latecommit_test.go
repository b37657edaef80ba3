package proof

import (
	"bytes"
	"database/sql"
	"net/http"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
)

// cancelRequest is how a driver begins that gives up a connection: it asks PostgreSQL to stop what it does there.
var cancelRequest = []byte{0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e}

// The connection breaks while the server is still at the commit, as it may be when it waits for a standby, and nothing
// reaches it that would stop it. The sign-in is true as soon as its row is there, and the browser has the token of that row.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	email := db.direct.account(t, "Ada Lovelace")
	facts := db.direct.facts(t).DB()
	run(t, facts, `CREATE TABLE gate ()`)
	run(t, facts, `CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		LOCK TABLE gate IN ACCESS SHARE MODE;
		RETURN NULL;
	END $$`)
	run(t, facts, `CREATE CONSTRAINT TRIGGER late AFTER INSERT ON sessions DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION pass_gate()`)
	for range 10 { // the portal looks for the row for two seconds, which a slow machine may need for less than this
		if db.signInAtGate(t, p, facts, email) {
			return
		}
	}
	t.Error("the portal never waited for the commit")
}

// signInAtGate signs in, cuts the connection at the commit, and lets it through once the portal has looked for the row in
// vain. It reports whether the portal was there still when the row came.
func (p postgres) signInAtGate(t *testing.T, portal *portal, facts *sql.DB, email string) bool {
	t.Helper()
	tx, err := facts.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	run(t, tx, `LOCK TABLE gate`)
	c, done := portal.Client(t), make(chan *webtest.Answer, 1)
	go func() { done <- c.Post("/login", "email", email, "password", webtest.Password) }()
	blocked(t, facts, tx)
	looks := p.looksForRow()
	defer p.inject(nil)
	p.cutAll()
	// One to the statement when it is prepared, one to each look.
	webtest.Until(t, "a look for the row that came too early", func() bool { return looks.Load() >= 2 || len(done) > 0 })
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	a := <-done
	if a.StatusCode == http.StatusServiceUnavailable {
		wantUnavailable(t, a, portal)
		return false
	}
	a.Want(http.StatusSeeOther)
	if !opens(c) {
		t.Error("the cookie is not that of the row")
	}
	return true
}

// looksForRow counts the answers to looks for the row of a token, and lets nobody stop what the server does.
func (p postgres) looksForRow() *atomic.Int64 {
	var answers atomic.Int64
	p.inject(func(l *link, fromPortal bool, piece []byte) verdict {
		switch {
		case fromPortal && bytes.HasPrefix(piece, cancelRequest):
			return cut
		case fromPortal && bytes.Contains(piece, []byte("SELECT 1 FROM sessions WHERE token_hash")):
			l.marked.Store(true)
		case !fromPortal && l.marked.Load():
			answers.Add(1)
		}
		return pass
	})
	return &answers
}
