package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/store"
)

// errStoredKey means that there may be a key for development in the database, which cannot be used.
var errStoredKey = errors.New("the key in the database cannot be read")

const seeDatabase = "see what is wrong with the database"

// keys opens all that is sealed.
func (d *doctor) keys(ctx context.Context) {
	sealer, err := knownKeys(ctx, d.db, d.c)
	switch {
	case errors.Is(err, errStoredKey):
		d.problem("keys", seeDatabase, "%v", err)
		return
	case err != nil:
		d.problem("keys", "make one with: openssl rand -base64 32", "%s: %v", brand.Env("KEYS"), err)
		return
	case sealer == nil:
		d.add("keys", note, "", "there is none yet: a start makes one for development")
		return
	}
	d.sealer = sealer
	if d.db == nil {
		d.add("keys", notChecked, "", "what is sealed is in the database")
		return
	}
	if err := checkKeys(ctx, d.db, sealer); errors.Is(err, errOtherKeys) {
		d.problem("keys", "give the key from before too, after the newest", "%s: a start refuses them: %v", brand.Env("KEYS"), err)
		return
	} else if err != nil {
		d.problem("keys", seeDatabase, "what tells the keys of the database cannot be read: %v", err)
		return
	}
	total, old, shut := 0, 0, 0
	for _, table := range store.SealedTables {
		n, o, x, err := openAll(ctx, d, table)
		if err != nil {
			d.problem("keys", seeDatabase, "%s cannot be read: %v", table.What, err)
			return
		}
		if total, old, shut = total+n, old+o, shut+x; x > 0 {
			d.problem("keys", "give the key that sealed it too, after the newest; if it is lost, people with an authenticator app need a recovery code",
				"%s: %d of %d cannot be opened", table.What, x, n)
		}
	}
	if old > 0 {
		d.add("keys", note, "", "%d are sealed with an older key: web keys rotate seals them with the newest", old)
	}
	if shut == 0 {
		d.ok("keys", "everything that is sealed can be opened (%d)", total)
	}
}

// knownKeys makes a sealer of the keys, nil if there is none yet. It makes none.
func knownKeys(ctx context.Context, db *store.Store, c config.Settings) (*seal.Sealer, error) {
	keys := c.Keys
	if len(keys) == 0 && db != nil {
		stored, err := db.StoredKey(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errStoredKey, err)
		}
		key, err := base64.StdEncoding.DecodeString(stored)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errStoredKey, err)
		}
		if len(key) > 0 {
			keys = [][]byte{key}
		}
	}
	if len(keys) == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	return seal.New(keys)
}

// openAll opens all of a table: how many there are, how many an older key has sealed, and how many do not open.
func openAll(ctx context.Context, d *doctor, table store.SealedTable) (n, old, shut int, err error) {
	none := slices.Repeat([]byte{0}, seal.HeaderBytes) // nothing sealed begins so
	bar := newProgress(d.s, table.What, 0)
	defer bar.done()
	for after := ""; ; {
		batch, err := d.db.SealedBatch(ctx, table, none, after, eventsAtOnce)
		if err != nil || len(batch) == 0 {
			return n, old, shut, err
		}
		for _, v := range batch {
			if _, err := d.sealer.Open(v.Sealed, v.Place); err != nil {
				shut++
			} else if !bytes.HasPrefix(v.Sealed, d.sealer.Newest()) {
				old++
			}
		}
		n, after = n+len(batch), batch[len(batch)-1].Key
		bar.step(len(batch))
	}
}
