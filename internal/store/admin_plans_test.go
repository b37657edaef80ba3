package store_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/store"
)

// Every list of accounts and of events is read from one index in its order, so that a page costs the same however many there are:
// no database reads a whole table for it, or sorts.
func TestAdministrationPlans(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		queries := map[string]func() (string, []any){}
		for _, show := range []string{"", "member", "support", "admin", "disabled", "flagged", "deleting"} {
			for name, q := range map[string]admin.Query{
				"first": {Show: show, Limit: 31},
				"later": {Show: show, Limit: 31, AfterKey: "2000-01-01T00:00:00Z", AfterID: "ada"},
			} {
				queries["people "+show+" "+name] = func() (string, []any) { return store.PeopleQuery(q) }
			}
		}
		queries["people found"] = func() (string, []any) {
			return store.PeopleQuery(admin.Query{Prefix: admin.Term("ada"), AfterKey: admin.Term("ada l"), AfterID: "ada", Limit: 31})
		}
		queries["people of an address"] = func() (string, []any) {
			return store.PeopleQuery(admin.Query{Emails: []string{"ada@example.org", "ada@example.org", "ada@example.org"}, Limit: 31})
		}
		for name, f := range map[string]admin.EventFilter{
			"events": {}, "events of one": {UserID: "ada"}, "events of a kind": {Kind: audit.LoginFail}, "events of one, of a kind": {UserID: "ada", Kind: audit.LoginFail},
		} {
			queries[name+", first"] = func() (string, []any) { f.Limit = 31; return store.AllEventsQuery(f) }
			queries[name+", later"] = func() (string, []any) {
				f.Limit, f.BeforeAt, f.BeforeID = 31, at, "e"
				return store.AllEventsQuery(f)
			}
		}
		queries["revealed of one"] = func() (string, []any) {
			return store.RevealedQuery, []any{"ada", at, "session", "other", "kind", "reason", at}
		}
		for name, of := range queries {
			query, args := of()
			lines := plan(t, s, query, args)
			if strings.Contains(name, " of one") && !strings.Contains(strings.Join(lines, "\n"), "events_user_id") {
				t.Errorf("%s: not by the index events_user_id:\n%s", name, strings.Join(lines, "\n"))
			}
			for _, line := range lines {
				for _, slow := range []string{"Seq Scan", "Sort", "TEMP B-TREE", "SCAN users\n", "SCAN sessions\n", "SCAN events\n", "SCAN user_terms\n"} {
					if strings.Contains(line+"\n", slow) {
						t.Errorf("%s: %s", name, line)
					}
				}
			}
		}
	})
}

// plan is how the database would answer a query. PostgreSQL is told that neither reading all rows nor sorting is cheap, because
// in a small table both are.
func plan(t *testing.T, s *store.Store, query string, args []any) (lines []string) {
	t.Helper()
	conn, err := s.DB().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	explain := "EXPLAIN QUERY PLAN "
	if store.IsPostgres(s) {
		explain = "EXPLAIN "
		for _, setting := range []string{"enable_seqscan", "enable_bitmapscan", "enable_sort"} {
			if _, err := conn.ExecContext(t.Context(), "SET "+setting+" = off"); err != nil {
				t.Fatal(err)
			}
		}
		defer func() { _, _ = conn.ExecContext(t.Context(), "RESET ALL") }()
	}
	rows, err := conn.QueryContext(t.Context(), explain+query, args...)
	if err != nil {
		t.Fatalf("%v:\n%s", err, query)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprint(*cells[len(cells)-1].(*any))))
	}
	if err := rows.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("no plan: %v", err)
	}
	return lines
}
