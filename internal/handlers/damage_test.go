package handlers

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/seal"
)

// A bag that was damaged in the store is an empty one, and one that was damaged before it was sealed is whatever can be read
// of it: pages answer, the person stays signed in, and the next value is kept. internal/bag tries every byte and
// every value; this is what people see of it.
func TestDamagedBag(t *testing.T) {
	t.Parallel()
	under := sqliteBackend(t)
	p := portalOn(t, under, nil)
	b := p.signedIn(p.newUser("Lotte"))
	b.Post(probe.Bag, "value", "lantern", "other", "rope").Leads(probe.Bag)
	key := auth.HashToken(b.Token())
	blob, err := under.bags.Find(t.Context(), key)
	if err != nil || blob == nil {
		t.Fatal(blob, err)
	}
	sealer, err := seal.New([][]byte{testKey})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := sealer.Open(blob, key)
	if err != nil {
		t.Fatal(err)
	}
	store := func(damaged []byte) {
		stored, err := under.bags.Find(t.Context(), key) // what the portal wrote anew to keep it for longer
		if err != nil {
			t.Fatal(err)
		}
		if done, err := under.bags.Swap(t.Context(), key, stored, damaged, time.Now().Add(time.Hour)); err != nil || !done {
			t.Fatal(done, err)
		}
	}
	for i := 0; i < len(blob); i += 5 {
		damaged := bytes.Clone(blob)
		damaged[i]++
		store(damaged)
		b.Get("/account").Want(http.StatusOK).Says("Lotte")
		b.bag().Says("Lotte").SaysNot("lantern").SaysNot("rope")
	}
	for i := range plain {
		damaged := bytes.Clone(plain)
		damaged[i]++
		sealed, err := sealer.Seal(damaged, key)
		if err != nil {
			t.Fatal(err)
		}
		store(sealed)
		b.Get("/account").Want(http.StatusOK).Says("Lotte")
		b.bag().Says("Lotte")
	}
	b.keeps("ladder")
	b.bag().Says("ladder")
}
