package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/store"
)

type rotateKeysCommand struct {
	output
	DryRun bool `help:"Change nothing, only count."`
}

// Help says when to run it.
func (rotateKeysCommand) Help() string {
	return "Put the new key in front of the old one, restart every instance, and run this. " +
		"When it ends with 0 nothing is left under a key that is given and not the newest, and the old one can be taken away."
}

// A rotation is what became of what was sealed, for scripts.
type rotation struct {
	Newest   string     `json:"newest"` // id of the newest key
	Resealed int        `json:"resealed"`
	Sealed   []underKey `json:"sealed"`
}

// An underKey is how much of one kind is sealed with one key.
type underKey struct {
	Key   string `json:"key"`   // its id, which says nothing of it; "" for what no key has sealed
	State string `json:"state"` // newest, old, or not given
	What  string `json:"what"`
	Count int    `json:"count"`
}

// States of keys.
const (
	keyNewest   = "newest"
	keyOld      = "old"
	keyNotGiven = "not given"
)

func (k rotateKeysCommand) Run(s surroundings, flags *config.Flags) error {
	return withAccounts(s, flags, func(_ config.Settings, p *parts) (err error) {
		stores := sealedIn(p)
		if p.pool != nil {
			stores = append(stores, redisBags{p.pool})
		}
		r := rotation{Newest: seal.KeyID(p.sealer.Newest()), Sealed: []underKey{}}
		for _, from := range stores {
			counts, err := from.count(s.ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", from.what(), err)
			}
			if k.DryRun {
				r.add(p.sealer, from.what(), counts)
				continue
			}
			bar := newProgress(s, from.what(), others(p.sealer, counts))
			n, err := from.reseal(s.ctx, p.sealer, bar)
			bar.done()
			r.Resealed += n
			if err == nil {
				counts, err = from.count(s.ctx)
			}
			if err != nil {
				return fmt.Errorf("%s: %w (run it again: what is done stays done)", from.what(), err)
			}
			r.add(p.sealer, from.what(), counts)
		}
		return k.report(s, r)
	})
}

// others counts what is not sealed with the newest key.
func others(sealer *seal.Sealer, counts []store.SealedCount) (n int) {
	for _, c := range counts {
		if string(c.Header) != string(sealer.Newest()) {
			n += c.Count
		}
	}
	return n
}

func (r *rotation) add(sealer *seal.Sealer, what string, counts []store.SealedCount) {
	for _, c := range counts {
		u := underKey{seal.KeyID(c.Header), keyNotGiven, what, c.Count}
		switch {
		case string(c.Header) == string(sealer.Newest()):
			u.State = keyNewest
		case sealer.Has(c.Header):
			u.State = keyOld
		}
		r.Sealed = append(r.Sealed, u)
	}
}

// report says what is left. What nobody can open is no reason to keep an old key.
func (k rotateKeysCommand) report(s surroundings, r rotation) error {
	old, lost := 0, 0
	for _, u := range r.Sealed {
		switch u.State {
		case keyOld:
			old += u.Count
		case keyNotGiven:
			lost += u.Count
		}
	}
	if err := k.say(s.stdout, r, "Sealed anew with key %s: %d.", r.Newest, r.Resealed); err != nil {
		return err
	}
	if !k.JSON {
		if err := r.print(s.stdout); err != nil {
			return err
		}
	}
	if lost > 0 {
		fmt.Fprintf(s.stderr, "warning: %d are sealed with a key that is not given, and cannot be opened\n", lost)
	}
	if old > 0 {
		return fmt.Errorf("%d are still sealed with an older key that is given: keep it, and run this again once every instance has the newest key in front", old)
	}
	return nil
}

func (r rotation) print(w io.Writer) error {
	list := newTable(w, "KEY", "STATE", "WHAT", "COUNT")
	for _, u := range r.Sealed {
		list.row(u.Key, u.State, u.What, strconv.Itoa(u.Count))
	}
	return list.w.Flush()
}

// sealedStore is one place where sealed values are.
type sealedStore interface {
	what() string
	count(ctx context.Context) ([]store.SealedCount, error)
	// reseal seals anew what it can open and returns how many that were.
	reseal(ctx context.Context, sealer *seal.Sealer, bar *progress) (int, error)
}
