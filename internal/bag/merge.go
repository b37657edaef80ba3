package bag

import (
	"context"
	"errors"
	"maps"
	"time"
)

// Two requests of one browser may change its bag at the same moment, and one of them may rotate the token the bag is
// stored under. So a request writes what it changed and not the bag as it saw it: a write replaces exactly what was
// read, and when that is no longer there, the changes are made again to what is.

// writes bounds how often one request tries to write its bag.
const writes = 10

var errContended = errors.New("bag changed too often to be written")

// A change is what one request did to one value of its bag.
type change struct {
	value   string
	removed bool
}

type changes map[string]change

func (c changes) applyTo(values map[string]any) {
	for key, one := range c {
		if one.removed {
			delete(values, key)
		} else {
			values[key] = one.value
		}
	}
}

// write makes the changes to the bag under key, which was base when it was read, nil for none. It reports whether
// anything is in the bag afterwards; an empty one is not stored.
func (s *sealed) write(ctx context.Context, key string, base []byte, c changes, expires time.Time) (filled bool, err error) {
	for range writes {
		values := s.values(key, base)
		c.applyTo(values)
		blob, err := s.sealValues(key, values, expires)
		if err != nil {
			return false, err
		}
		if base == nil && blob == nil {
			return false, nil
		}
		done, err := s.bags.Swap(ctx, key, base, blob, expires)
		if done || err != nil {
			return blob != nil, err
		}
		if base, _, err = s.bags.Find(ctx, key); err != nil {
			return false, err
		}
	}
	return false, errContended
}

// move takes the bag from under one key to another and makes the changes to it. What somebody else has written under the
// other key in the meantime is later than what is taken along.
func (s *sealed) move(ctx context.Context, from, to string, c changes, expires time.Time) error {
	taken, err := s.bags.Take(ctx, from)
	if err != nil {
		return err
	}
	for range writes {
		there, _, err := s.bags.Find(ctx, to)
		if err != nil {
			return err
		}
		values := s.values(from, taken)
		maps.Copy(values, s.values(to, there))
		c.applyTo(values)
		blob, err := s.sealValues(to, values, expires)
		if err != nil || blob == nil && there == nil {
			return err
		}
		if done, err := s.bags.Swap(ctx, to, there, blob, expires); done || err != nil {
			return err
		}
	}
	return errContended
}

// follow makes sure that what was written under key is where the next request of this browser looks for it: another
// request may have rotated the token in the meantime. Whoever rotates after the look at the row finds the bag there.
func (s *sealed) follow(ctx context.Context, key string, now func(context.Context) (string, error), c changes, expires time.Time) error {
	for range writes {
		next, err := now(ctx)
		if err != nil || next == key {
			return err
		}
		if err := s.move(ctx, key, next, c, expires); err != nil {
			return err
		}
		key = next
	}
	return errContended
}

// values opens a bag. One that cannot be opened is empty: nobody must be locked out by a bag.
func (s *sealed) values(key string, blob []byte) map[string]any {
	plain, err := s.Open(blob, key)
	if err != nil {
		return map[string]any{}
	}
	_, values, _ := codec{}.Decode(plain) // it never fails
	return values
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
