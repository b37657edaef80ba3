package store_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/store"
)

// Accounts are found by what their name and a word of it begin with, and by their whole address, whatever the case and the database, also
// after a change of either; those of an older program once the sweeper has seen them.
func TestPeopleAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		service := admin.New(s, audit.NewTrail(s, nil))
		for i, name := range []string{"Ada Lovelace", "Åsa Öberg", "O'Brien, Bob", "Zoë"} {
			u := userOf(fmt.Sprintf("u%d", i))
			u.Name, u.NormalizedEmail, u.CreatedAt = name, fmt.Sprintf("%c.q-%d@example.org", 'a'+i, i), at.Add(time.Duration(i)*time.Second)
			if err := s.CreateUser(t.Context(), u, event("made-"+u.ID, u.ID, audit.UserCreated)); err != nil {
				t.Fatal(err)
			}
		}
		want := func(text, show string, ids ...string) {
			t.Helper()
			page, err := service.People(t.Context(), text, show, "", "")
			var got []string
			for _, p := range page.People {
				got = append(got, p.ID)
			}
			if err != nil || strings.Join(got, " ") != strings.Join(ids, " ") {
				t.Errorf("%q, %q: got %v, %v, want %v", text, show, got, err, ids)
			}
		}
		want("", "", "u3", "u2", "u1", "u0")
		for text, id := range map[string]string{
			"ada": "u0", "ADA  love": "u0", "Love": "u0", "åsa": "u1", "Ö": "u1", "o'b": "u2", "bob": "u2", "zoë": "u3", " D.Q-3@Example.org": "u3", "a.q-0@example.org": "u0",
		} {
			want(text, "", id)
		}
		for _, part := range []string{"example", "d", "d.q-3@", "d.q-3@example.o", "d.q-3@example.orgs"} { // nobody spells an address out
			want(part, "")
		}
		want("a.q-0@example.org", "member", "u0")
		want("a.q-0@example.org", "admin")
		want("%", "")
		want("ada l_", "")
		for _, change := range []string{
			`UPDATE users SET disabled_at = created_at WHERE id = 'u0'`, `UPDATE users SET delete_after = created_at WHERE id = 'u1'`,
			`UPDATE users SET role = 'admin' WHERE id = 'u2'`, `DELETE FROM user_terms WHERE user_id = 'u3'`, `UPDATE users SET has_terms = FALSE WHERE id = 'u3'`,
		} {
			if _, err := s.DB().ExecContext(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		x := newSession("flagged", "u3")
		x.Flag = "token_reused"
		open(t, s, x)
		want("", "disabled", "u0")
		want("", "deleting", "u1")
		want("", "admin", "u2")
		want("", "member", "u3", "u1", "u0")
		want("", "support")
		want("", "flagged", "u3")
		want("ada", "disabled", "u0")
		want("ada", "admin")
		want("zoë", "")
		if err := service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		want("zoë", "flagged", "u3")
	})
}

// A list is read to its end page by page, each account once, also while others come and go.
func TestPeopleByPages(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		service := admin.New(s, audit.NewTrail(s, nil))
		const all = 75
		for i := range all {
			u := userOf(fmt.Sprintf("u%02d", i))
			u.Name, u.NormalizedEmail, u.CreatedAt = fmt.Sprintf("Same Name %02d", i), u.ID+"@example.org", at.Add(time.Duration(i/3)*time.Second)
			if err := s.CreateUser(t.Context(), u, event("made-"+u.ID, u.ID, audit.UserCreated)); err != nil {
				t.Fatal(err)
			}
			x := newSession("flagged"+u.ID, u.ID)
			x.Flag = "token_reused"
			open(t, s, x)
		}
		for _, list := range [][2]string{{"", ""}, {"", "member"}, {"", "flagged"}, {"same", ""}, {"same name", "flagged"}, {"same", "admin"}, {"u", ""}, {"u", "member"}} {
			seen, key, id := map[string]int{}, "", ""
			for pages := 0; ; pages++ {
				page, err := service.People(t.Context(), list[0], list[1], key, id)
				if err != nil || pages > 5 {
					t.Fatalf("%q: %v, page %d", list, err, pages)
				}
				for _, p := range page.People {
					seen[p.ID]++
				}
				if !page.More {
					break
				}
				if text, _ := hex.DecodeString(page.NextKey); strings.Contains(string(text), "@") {
					t.Errorf("%q: an address in the link to the next page", list)
				}
				key, id = page.NextKey, page.NextID
			}
			want := all
			if list[1] == "admin" || list[0] == "u" {
				want = 0
			}
			if len(seen) != want {
				t.Errorf("%q: %d accounts, want %d", list, len(seen), want)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%q: %s %d times", list, id, n)
				}
			}
		}
	})
}
