package bag

import (
	"context"
	"errors"
	"maps"
	"time"
)

// Two requests of one browser may change its bag at the same moment, and one of them may rotate the token the bag is
// stored under. So a write replaces exactly what was read, and when that is no longer there, the changes of this request
// are made again to what is.

// maxSwaps bounds how often one request tries to write its bag.
const maxSwaps = 10

var errContended = errors.New("bag changed too often to be written")

// changes are what one request did to the values of its bag: their new text, or nil for those it took out.
type changes map[string]any

// difference is what led from one to the other. A value that was saved counts as changed although it was there before:
// another request may be taking it out.
func difference(before, after map[string]any, saved map[string]bool) changes {
	c := changes{}
	for name, value := range after {
		if old, had := before[name]; !had || old != value || saved[name] {
			c[name] = value
		}
	}
	for name := range before {
		if _, has := after[name]; !has {
			c[name] = nil
		}
	}
	return c
}

func (c changes) applyTo(values map[string]any) {
	for name, value := range c {
		if value == nil {
			delete(values, name)
		} else {
			values[name] = value
		}
	}
}

// rewrite changes the values of the bag that was read, however often somebody else is first. It reports whether anything
// is in the bag afterwards; an empty one is not stored.
func (s *sealed) rewrite(ctx context.Context, r reading, change func(values map[string]any), expires time.Time) (filled bool, err error) {
	for range maxSwaps {
		values := decode(r.plain)
		change(values)
		var blob []byte
		if len(values) > 0 {
			plain, _ := codec{}.Encode(expires, values) // it fails for nothing that was decoded
			if blob, err = s.Seal(plain, r.key); err != nil {
				return false, err
			}
		}
		if r.blob == nil && blob == nil {
			return false, nil
		}
		if done, err := s.bags.Swap(ctx, r.key, r.blob, blob, expires); done || err != nil {
			return blob != nil, err
		}
		if r = s.read(ctx, r.key); r.err != nil {
			return false, r.err
		}
	}
	return false, errContended
}

// move takes a bag to another key and makes the changes to it. What somebody else has written there in the meantime is
// later than what is taken along.
func (s *sealed) move(ctx context.Context, from reading, to string, c changes, expires time.Time) error {
	if from.blob == nil { // there may be one by now
		from = s.read(ctx, from.key)
	}
	there := s.read(ctx, to)
	if err := errors.Join(from.err, there.err); err != nil {
		return err
	}
	var taken map[string]any
	if _, err := s.rewrite(ctx, from, func(values map[string]any) { taken = maps.Clone(values); clear(values) }, expires); err != nil {
		return err
	}
	_, err := s.rewrite(ctx, there, func(values map[string]any) {
		later := maps.Clone(values)
		maps.Copy(values, taken)
		maps.Copy(values, later)
		c.applyTo(values)
	}, expires)
	return err
}

// follow makes sure that what was written under key is where the next request of this browser looks for it: another
// request may have rotated the token in the meantime. Whoever rotates after the look at the row finds the bag there.
func (s *sealed) follow(ctx context.Context, key string, now func(context.Context) (string, error), c changes, expires time.Time) error {
	for range maxSwaps {
		next, err := now(ctx)
		if err != nil || next == key {
			return err
		}
		if err := s.move(ctx, reading{key: key}, next, c, expires); err != nil {
			return err
		}
		key = next
	}
	return errContended
}

func decode(plain []byte) map[string]any {
	_, values, _ := codec{}.Decode(plain) // it never fails
	return values
}
