package store_test

import (
	"slices"
	"testing"

	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store/storetest"
)

// A sign-in that PostgreSQL undoes for the sake of another transaction, after it has ended surplus sessions, is made
// again: each of them ends once.
func TestUndoneSignIn(t *testing.T) {
	s := storetest.Postgres(t)
	u := newUser(t, s, "ada")
	for _, id := range []string{"one", "two"} {
		if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: newSession(id, "ada"), Epoch: u.Epoch, Limit: 10}); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`CREATE SEQUENCE tries`, // which nothing takes back
		`CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') = 1 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF;
			RETURN NEW;
		END $$`,
		`CREATE TRIGGER refuse_once BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse_once()`,
	} {
		if _, err := s.DB().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ended, err := s.OpenSession(t.Context(), session.OpenParams{Session: newSession("three", "ada"), Epoch: u.Epoch, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, x := range ended {
		ids = append(ids, x.ID)
	}
	slices.Sort(ids)
	if !slices.Equal(ids, []string{"one", "two"}) {
		t.Errorf("ended %v, want each once", ids)
	}
	var events, tries int
	if err := s.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM events WHERE kind = 'session_expired'`).Scan(&events); err != nil {
		t.Fatal(err)
	}
	if err := s.DB().QueryRowContext(t.Context(), `SELECT last_value FROM tries`).Scan(&tries); err != nil {
		t.Fatal(err)
	}
	if events != 2 || tries < 2 {
		t.Errorf("%d endings in %d inserts, want 2 and a try that was undone", events, tries)
	}
}

// What PostgreSQL undoes every time is tried four times in all. Nothing of it is there, and the error says that it may pass.
func TestUndoneEveryTime(t *testing.T) {
	for _, code := range []string{"40P01", "40001"} {
		t.Run(code, func(t *testing.T) {
			s := storetest.Postgres(t)
			u := newUser(t, s, "ada")
			for _, statement := range []string{
				`CREATE SEQUENCE tries`,
				`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
					PERFORM nextval('tries');
					RAISE EXCEPTION USING ERRCODE = '` + code + `';
				END $$`,
				`CREATE TRIGGER refuse BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()`,
			} {
				if _, err := s.DB().ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.OpenSession(t.Context(), session.OpenParams{Session: newSession("one", "ada"), Epoch: u.Epoch, Limit: 10})
			if !s.Refused(err) {
				t.Errorf("got %v, want what PostgreSQL said", err)
			}
			var tries, sessions int
			err = s.DB().QueryRowContext(t.Context(), `SELECT last_value, (SELECT count(*) FROM sessions) FROM tries`).Scan(&tries, &sessions)
			if err != nil || tries != 4 || sessions != 0 {
				t.Errorf("%d tries and %d sessions, %v, want 4 and none", tries, sessions, err)
			}
		})
	}
}
