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

// merge makes the changes to the bag under key, which was stored like this when it was read, nil for none. Values from
// another bag lie beneath it. It reports whether anything is in the bag afterwards; an empty one is not stored.
func (s *sealed) merge(ctx context.Context, key string, stored []byte, beneath map[string]any, c changes, expires time.Time) (filled bool, err error) {
	for range maxSwaps {
		values := map[string]any{}
		maps.Copy(values, beneath)
		maps.Copy(values, s.values(key, stored))
		c.applyTo(values)
		blob, err := s.sealValues(key, values, expires)
		if err != nil || stored == nil && blob == nil {
			return false, err
		}
		done, err := s.bags.Swap(ctx, key, stored, blob, expires)
		if done || err != nil {
			return blob != nil, err
		}
		if stored, err = s.bags.Find(ctx, key); err != nil {
			return false, err
		}
	}
	return false, errContended
}

// move takes a bag to another key and makes the changes to it. What somebody else has written there in the meantime is
// later than what is taken along.
func (s *sealed) move(ctx context.Context, from reading, to string, c changes, expires time.Time) error {
	taken, err := s.take(ctx, from)
	if err != nil {
		return err
	}
	stored, err := s.bags.Find(ctx, to)
	if err != nil {
		return err
	}
	_, err = s.merge(ctx, to, stored, s.values(from.key, taken), c, expires)
	return err
}

// take removes a bag and returns it as it was at that moment, which may be later than it was read.
func (s *sealed) take(ctx context.Context, from reading) ([]byte, error) {
	stored := from.blob
	for range maxSwaps {
		if stored != nil {
			if done, err := s.bags.Swap(ctx, from.key, stored, nil, time.Time{}); done || err != nil {
				return stored, err
			}
		}
		var err error
		if stored, err = s.bags.Find(ctx, from.key); stored == nil || err != nil {
			return nil, err
		}
	}
	return nil, errContended
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

// values opens a bag. One that cannot be opened is empty: nobody must be locked out by a bag.
func (s *sealed) values(key string, blob []byte) map[string]any {
	plain, _ := s.Open(blob, key)
	return decode(plain)
}

// sealValues returns nil for an empty bag.
func (s *sealed) sealValues(key string, values map[string]any, deadline time.Time) ([]byte, error) {
	if len(values) == 0 {
		return nil, nil
	}
	plain, err := codec{}.Encode(deadline, values)
	if err != nil {
		return nil, err
	}
	return s.Seal(plain, key)
}

func decode(plain []byte) map[string]any {
	_, values, _ := codec{}.Decode(plain) // it never fails
	return values
}
