package session_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store/storetest"
)

// TestBags is the contract of a bag store, held by each of them.
func TestBags(t *testing.T) {
	for name, open := range map[string]func(*testing.T) session.Bags{
		"sqlite":   func(t *testing.T) session.Bags { return session.SQLBags{DB: storetest.SQLite(t).DB()} },
		"postgres": func(t *testing.T) session.Bags { return session.SQLBags{DB: storetest.Postgres(t).DB()} },
		"redis":    func(t *testing.T) session.Bags { return session.NewRedisBags(storetest.Redis(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			bags, ctx := open(t), t.Context()
			key, other := rand.Text(), rand.Text()
			want := []byte{0, 1, 0xff, 'x'}
			find := func(key string) []byte {
				t.Helper()
				got, found, err := bags.Find(ctx, key)
				if err != nil || found != (got != nil) {
					t.Fatalf("Find: got %q, %v, %v", got, found, err)
				}
				return got
			}
			if find(key) != nil {
				t.Error("found a key nobody stored")
			}
			if err := bags.Delete(ctx, key); err != nil {
				t.Errorf("deleting nothing: %v", err)
			}
			for _, value := range [][]byte{[]byte("first"), want} {
				if err := bags.Commit(ctx, key, value, time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if err := bags.Commit(ctx, other, []byte("other"), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if got := find(key); !bytes.Equal(got, want) {
				t.Errorf("got %q, want the bag stored last, %q", got, want)
			}
			if err := bags.Delete(ctx, key); err != nil {
				t.Fatal(err)
			}
			if find(key) != nil || find(other) == nil {
				t.Error("want this bag deleted, and the other kept")
			}
			if err := bags.Commit(ctx, other, []byte("x"), time.Now().Add(-time.Second)); err != nil {
				t.Fatal(err)
			}
			if find(other) != nil {
				t.Error("found a bag whose time is up")
			}
		})
	}
}

// Redis forgets bags by itself; a database has to be swept.
func TestSweepBags(t *testing.T) {
	for name, open := range map[string]func(*testing.T) session.SQLBags{
		"sqlite":   func(t *testing.T) session.SQLBags { return session.SQLBags{DB: storetest.SQLite(t).DB()} },
		"postgres": func(t *testing.T) session.SQLBags { return session.SQLBags{DB: storetest.Postgres(t).DB()} },
	} {
		t.Run(name, func(t *testing.T) {
			bags, ctx := open(t), t.Context()
			for key, expires := range map[string]time.Duration{"old": -time.Second, "good": time.Hour} {
				if err := bags.Commit(ctx, key, []byte("x"), time.Now().Add(expires)); err != nil {
					t.Fatal(err)
				}
			}
			if err := bags.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := bags.DB.QueryRow(`SELECT count(*) FROM bags`).Scan(&n); err != nil || n != 1 {
				t.Errorf("%d bags left, %v, want 1", n, err)
			}
		})
	}
}
