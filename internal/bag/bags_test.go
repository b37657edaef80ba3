package bag_test

import (
	"bytes"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

var bagStores = map[string]func(*testing.T) bag.Bags{
	"sqlite":   func(t *testing.T) bag.Bags { return storetest.SQLite(t).Bags() },
	"postgres": func(t *testing.T) bag.Bags { return storetest.Postgres(t).Bags() },
	"redis":    func(t *testing.T) bag.Bags { return bag.NewRedisBags(storetest.Redis(t)) },
}

// TestBags is the contract of a bag store, held by each of them.
func TestBags(t *testing.T) {
	for name, open := range bagStores {
		t.Run(name, func(t *testing.T) {
			bags, ctx := open(t), t.Context()
			key, other := rand.Text(), rand.Text()
			want := []byte{0, 1, 0xff, 'x'}
			find := func(key string) []byte {
				t.Helper()
				got, err := bags.Find(ctx, key)
				if err != nil {
					t.Fatalf("Find: got %q, %v", got, err)
				}
				return got
			}
			hour := time.Now().Add(time.Hour)
			swap := func(key, old, sealed string, expires time.Time, want bool) {
				t.Helper()
				bag := func(s string) []byte {
					if s == "" {
						return nil
					}
					return []byte(s)
				}
				if got, err := bags.Swap(ctx, key, bag(old), bag(sealed), expires); err != nil || got != want {
					t.Errorf("Swap %q for %q: got %v, %v, want %v", sealed, old, got, err, want)
				}
			}
			remove := func(key string) {
				t.Helper()
				if err := bags.Delete(ctx, key); err != nil || find(key) != nil {
					t.Errorf("Delete: got %v, want no bag there", err)
				}
			}
			if find(key) != nil {
				t.Error("found a key nobody stored")
			}
			remove(key)
			swap(key, "something", "first", hour, false)
			swap(key, "", "first", hour, true)
			swap(key, "", "again", hour, false)
			swap(key, "other", "again", hour, false)
			swap(key, "first", string(want), hour, true)
			if got := find(key); !bytes.Equal(got, want) {
				t.Errorf("got %q, want the bag stored last, %q", got, want)
			}
			swap(other, "", "other", hour, true)
			swap(key, "first", "", hour, false)
			swap(key, string(want), "", hour, true)
			if find(key) != nil || string(find(other)) != "other" {
				t.Error("want this bag deleted, and the other kept")
			}
			swap(key, "", "third", hour, true)
			remove(key)
			remove(key)
			swap(key, "third", "", hour, false)
			if string(find(other)) != "other" {
				t.Error("want the other bag kept")
			}
			swap(other, "other", "late", time.Now().Add(-time.Second), true)
			if find(other) != nil {
				t.Error("found a bag whose time is up")
			}
			swap(other, "", "next", hour, true)
			swap(other, "next", "late", time.Now().Add(-time.Second), true)
			remove(other)
		})
	}
}

// One bag changed by many at once: each change is made to what the others left.
func TestSwapsTakeTurns(t *testing.T) {
	for name, open := range bagStores {
		t.Run(name, func(t *testing.T) {
			bags, ctx, key := open(t), t.Context(), rand.Text()
			find := func() []byte {
				found, err := bags.Find(ctx, key)
				for tries := 0; err != nil && tries < 20; tries++ { // a Redis on a busy machine may be late
					found, err = bags.Find(ctx, key)
				}
				if err != nil {
					t.Error(err)
				}
				return found
			}
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for !t.Failed() {
						old := find()
						if done, err := bags.Swap(ctx, key, old, append(bytes.Clone(old), 'x'), time.Now().Add(time.Hour)); done || err != nil {
							if err != nil {
								t.Error(err)
							}
							return
						}
					}
				})
			}
			wg.Wait()
			if got := find(); len(got) != 8 {
				t.Errorf("got %d changes, want 8", len(got))
			}
		})
	}
}

// Redis forgets bags by itself; a database has to be swept.
func TestSweepBags(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(t), t.Context()
			bags := s.Bags()
			for key, expires := range map[string]time.Duration{"old": -time.Second, "good": time.Hour} {
				if _, err := bags.Swap(ctx, key, nil, []byte("x"), time.Now().Add(expires)); err != nil {
					t.Fatal(err)
				}
			}
			if err := bags.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := s.DB().QueryRow(`SELECT count(*) FROM bags`).Scan(&n); err != nil || n != 1 {
				t.Errorf("%d bags left, %v, want 1", n, err)
			}
		})
	}
}
