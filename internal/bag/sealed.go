package bag

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
)

// Bags keeps sealed bags under the hash of their token. A bag whose time is up is none. Each method is atomic.
type Bags interface {
	Find(ctx context.Context, key string) (sealed []byte, found bool, err error)
	// Swap replaces the bag under key if it is still old, where nil is none; nil for sealed deletes it. It reports
	// whether it did.
	Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error)
	// Take removes the bag under key and returns it, nil if there was none.
	Take(ctx context.Context, key string) ([]byte, error)
}

// sealed is the store scs sees. Each bag is sealed for the token hash it is stored under, so it cannot be moved to another
// visitor. A read never fails: a bag that is out of reach or cannot be opened is an empty one.
type sealed struct {
	*seal.Sealer
	bags Bags
	log  *slog.Logger
}

// FindCtx returns the opened bag. A live session without a bag gets an empty one under its own token; for anybody
// else an unknown token stays unknown and is never adopted (ASVS v5.0.0-7.2.1).
func (s *sealed) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	q := requestOf(ctx)
	blob, found, err := s.bags.Find(ctx, key)
	if err != nil {
		s.log.WarnContext(ctx, "bag out of reach", "err", err)
		q.lost = err
		found = false
	}
	if found {
		q.read = blob
		plain, err := s.Open(blob, key)
		if err == nil {
			return plain, true, nil
		}
		s.log.WarnContext(ctx, "crypt_decrypt_fail", "session", q.standing.Handle)
	}
	q.missing = true
	if q.standing.State == session.Live || q.lost != nil {
		empty, err := codec{}.Encode(q.standing.Expires, nil)
		return empty, true, err
	}
	return nil, false, nil
}

// CommitCtx stores the first bag of a visitor, under a token made this moment. Others are written by write and move.
func (s *sealed) CommitCtx(ctx context.Context, key string, plain []byte, expires time.Time) error {
	blob, err := s.Seal(plain, key)
	if err != nil {
		return err
	}
	done, err := s.bags.Swap(ctx, key, nil, blob, expires)
	if err == nil && !done {
		return errContended
	}
	return err
}

// DeleteCtx only notes the key: a rotation that fails must find its bag again, so deleting comes last.
func (s *sealed) DeleteCtx(ctx context.Context, key string) error {
	if q := requestOf(ctx); !q.missing {
		q.stale = append(q.stale, key)
	}
	return nil
}

// The methods without a context belong to scs's older Store interface; scs prefers those with one.

var errNoContext = errors.New("bag: a context is needed")

func (s *sealed) Find(string) ([]byte, bool, error)      { return nil, false, errNoContext }
func (s *sealed) Commit(string, []byte, time.Time) error { return errNoContext }
func (s *sealed) Delete(string) error                    { return errNoContext }
