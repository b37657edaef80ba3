package store_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// Every table that the migrations make has a line in the documented bounds, and no line is of a table that is gone.
func TestEveryTableHasABound(t *testing.T) {
	doc, err := os.ReadFile("../../docs/security/attempts.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, line := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (?:nobody|anybody|demo, member|member) \\| [^|]+ \\| [^|]+ \\|$").FindAllSubmatch(doc, -1) {
		documented = append(documented, string(line[1]))
	}
	slices.Sort(documented)
	onBoth(t, func(t *testing.T, s *store.Store) {
		tables := tablesOf(t, s)
		for _, table := range tables {
			if !slices.Contains(documented, table) {
				t.Errorf("docs/security/attempts.md says no bound of the table %s", table)
			}
		}
		for _, table := range documented {
			if !slices.Contains(tables, table) {
				t.Errorf("docs/security/attempts.md has a bound of %s, which is no table", table)
			}
		}
	})
}

// tablesOf are the tables of the schema, those of the migrations themselves apart.
func tablesOf(t *testing.T, s *store.Store) (tables []string) {
	t.Helper()
	rows, err := s.DB().QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`)
	if err != nil {
		rows, err = s.DB().QueryContext(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^goose_`).MatchString(table) {
			tables = append(tables, table)
		}
	}
	if err := rows.Err(); err != nil || len(tables) < 20 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	return tables
}

// Whoever has the password of an account with a second factor begins sign-ins without end. The newest few of each network wait for
// their code: that of the owner elsewhere too, which was first.
func TestPendingSignInsAreBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		for n := range 3*store.MaxPending + 1 {
			begun := at.Add(time.Duration(n) * time.Second)
			p := auth.PendingSignIn{TokenHash: audit.NewID(), UserID: "ada", AttemptsLeft: 5, CreatedAt: begun, ExpiresAt: begun.Add(auth.PendingValid)}
			if n == 0 {
				p.Network, p.TokenHash = "home", "of the owner"
			}
			e := event(audit.NewID(), "ada", audit.MFARequired)
			e.At = begun
			if err := s.AddPendingSignIn(t.Context(), p, nil, e); err != nil {
				t.Fatal(err)
			}
		}
		oldest := `SELECT count(*) FROM pending_sign_ins WHERE created_at < '` + at.Add((2*store.MaxPending+1)*time.Second).Format("2006-01-02 15:04:05") + `'`
		if n, old := count(t, s, `SELECT count(*) FROM pending_sign_ins`), count(t, s, oldest); n != store.MaxPending+1 || old != 1 {
			t.Errorf("%d pending sign-ins, %d of the oldest, want the newest %d and that of the owner", n, old, store.MaxPending)
		}
	})
}

// Each of these is there once for what it belongs to, however often it is written.
func TestRowsTakeTurns(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		for range 50 {
			if err := s.SetTOTPEnrolment(t.Context(), account.TOTPEnrolment{SessionID: x.ID, UserID: "ada", Sealed: []byte("s"), ExpiresAt: at}); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, s, `SELECT count(*) FROM totp_enrolments`); n != 1 {
			t.Errorf("%d enrolments of one session, want 1", n)
		}
		var limited session.Session
		for n := range 30 {
			limited = newSession("more"+string(rune('A'+n)), "ada")
			limited.CreatedAt = at.Add(time.Duration(n) * time.Second)
			if _, err := s.OpenSession(t.Context(), session.OpenParams{Session: limited, Limit: 20}); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, s, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 20 {
			t.Errorf("%d live sessions of one account, want 20", n)
		}
	})
}
