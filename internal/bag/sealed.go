package bag

import (
	"context"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
)

// Bags keeps sealed bags under the hash of their token. A bag whose time is up is none. Each method is atomic.
type Bags interface {
	// Find returns the bag under key, nil if there is none.
	Find(ctx context.Context, key string) (sealed []byte, err error)
	// Swap replaces the bag under key if it is still old, where nil is none; nil for sealed deletes it. It reports
	// whether it did.
	Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error)
	// Delete removes the bag under key, if there is one.
	Delete(ctx context.Context, key string) error
}

// sealed is the store scs sees. Each bag is sealed for the token hash it is stored under, so it cannot be moved to another
// browser. What is written is merged with what others have written since it was read.
type sealed struct {
	*seal.Sealer
	bags Bags
	log  *slog.Logger
}

var _ scs.CtxStore = (*sealed)(nil)

// A reading is a bag as it was found.
type reading struct {
	key   string // what it is under, "" for no bag and no token to keep one under
	blob  []byte // as it is stored, nil for none
	plain []byte // opened, nil for none or one that cannot be
	err   error  // why it could not be read
}

func (s *sealed) read(ctx context.Context, key string) reading {
	r := reading{key: key}
	if r.blob, r.err = s.bags.Find(ctx, key); r.blob != nil {
		r.plain, _ = s.Open(r.blob, key)
	}
	return r
}

// FindCtx returns the opened bag, and within a request never fails: one that is out of reach or cannot be opened is
// empty. A live session without a bag gets an empty one under its own token; for anybody else an unknown token stays
// unknown and is never adopted (ASVS v5.0.0-7.2.1).
func (s *sealed) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	r, q := s.read(ctx, key), requestOf(ctx)
	if q == nil {
		return r.plain, r.plain != nil, r.err
	}
	switch {
	case r.err != nil:
		s.log.WarnContext(ctx, "bag out of reach", "err", r.err)
		q.bag = unreadable
	case r.plain != nil:
		q.bag, q.read = found, r
		return r.plain, true, nil
	case r.blob != nil:
		s.log.WarnContext(ctx, "crypt_decrypt_fail", "session", q.Handle)
	}
	if q.bag == missing && q.state != session.Live {
		return nil, false, nil
	}
	q.read = r
	empty, err := codec{}.Encode(q.Expires, nil)
	return empty, true, err
}

// CommitCtx merges the bag with what is stored: what the request changed of what it read is changed in what is there now.
// Under another token than it was read from, it moves there.
func (s *sealed) CommitCtx(ctx context.Context, key string, plain []byte, expires time.Time) (err error) {
	q := requestOf(ctx)
	if q == nil { // the bag is to become what it says
		q = &request{read: s.read(ctx, key)}
	}
	if q.read.err != nil {
		return q.read.err // values that are merely out of reach must not be overwritten
	}
	c := changes{}
	if !q.failed {
		c = difference(decode(q.read.plain), decode(plain), q.saved)
	}
	switch q.read.key {
	case "": // nothing was read, and nobody else knows this token yet
		q.filled, err = s.rewrite(ctx, reading{key: key}, c.applyTo, expires)
	case key:
		q.filled, err = s.rewrite(ctx, q.read, c.applyTo, expires)
		if err == nil && len(q.saved) > 0 && q.Now != nil {
			err = s.follow(ctx, key, q.Now, c, expires)
		}
	default:
		err = s.move(ctx, q.read, key, c, expires)
	}
	return err
}

// DeleteCtx does nothing within a request: a rotation that fails must find its bag again, so deleting comes last.
func (s *sealed) DeleteCtx(ctx context.Context, key string) error {
	if requestOf(ctx) != nil {
		return nil
	}
	return s.bags.Delete(ctx, key)
}

// scs asks for these methods too, and uses those with a context.

func (s *sealed) Find(key string) ([]byte, bool, error) { return s.FindCtx(context.Background(), key) }
func (s *sealed) Delete(key string) error               { return s.DeleteCtx(context.Background(), key) }
func (s *sealed) Commit(key string, plain []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), key, plain, expires)
}
