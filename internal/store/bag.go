package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"example.com/gatehouse/internal/session"
)

// Bags keeps sealed bags under the hash of their token, for an instance without Redis.
type Bags struct{ db *conns }

// Bags returns the bags in this database.
func (s *Store) Bags() Bags { return Bags{s.db} }

// Find returns the bag under key if its time is not up.
func (b Bags) Find(ctx context.Context, key string) (sealed []byte, err error) {
	err = b.db.QueryRowContext(ctx, `SELECT sealed FROM bags WHERE key = $1 AND expires_at > $2`, key, utc(time.Now())).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) || len(sealed) == 0 && err == nil {
		return nil, nil
	}
	return sealed, err
}

// Swap replaces the bag under key if it is still old.
func (b Bags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	var (
		result sql.Result
		err    error
	)
	switch {
	case old == nil: // an expired or empty bag counts as none
		result, err = b.db.ExecContext(ctx, `
			INSERT INTO bags (key, sealed, expires_at)
			VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
			WHERE bags.expires_at <= $4 OR length(bags.sealed) = 0`, key, sealed, utc(expires), utc(time.Now()))
	case sealed == nil:
		result, err = b.db.ExecContext(ctx, `DELETE FROM bags WHERE key = $1 AND sealed = $2`, key, old)
	default:
		result, err = b.db.ExecContext(ctx, `UPDATE bags SET sealed = $1, expires_at = $2 WHERE key = $3 AND sealed = $4`,
			sealed, utc(expires), key, old)
	}
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// Delete removes the bag under key.
func (b Bags) Delete(ctx context.Context, key string) error {
	_, err := b.db.ExecContext(ctx, `DELETE FROM bags WHERE key = $1`, key)
	return err
}

// Sweep deletes the bags whose time is up.
func (b Bags) Sweep(ctx context.Context) error {
	_, err := b.db.ExecContext(ctx, `DELETE FROM bags WHERE expires_at <= $1`, utc(time.Now()))
	return err
}

// utc is a time as both databases store it.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// bagDeleter is what the store knows of bags that are kept elsewhere.
type bagDeleter interface {
	Delete(ctx context.Context, key string) error
}

// DeleteBagsFrom says where the bags of sessions are, which are deleted when their sessions end.
func (s *Store) DeleteBagsFrom(bags bagDeleter, log *slog.Logger) { s.bags, s.log = bags, log }

// noteEnded remembers whose bags are to be deleted once the transaction has happened. A browser that ends its own session
// takes its bag along or deletes it itself.
func (s *Store) noteEnded(tx *sql.Tx, ended []session.Session, by string) {
	for _, x := range ended {
		if x.ID != by {
			s.noteBags(tx, x.TokenHash)
		}
	}
}

func (s *Store) noteBags(tx *sql.Tx, keys ...string) {
	before, _ := s.ended.Load(tx)
	noted, _ := before.([]string)
	s.ended.Store(tx, append(noted, keys...))
}

// bagsWithin bounds how long the answer to an ending waits for the deletion of bags, which end by themselves later.
const bagsWithin = time.Second

// bagsPause is how long nobody waits for the deletion of bags after one failed: a sweep ends many sessions.
const bagsPause = 10 * time.Second

func (s *Store) deleteBags(ctx context.Context, keys []string) {
	if s.bags == nil || time.Now().UnixNano() < s.noBagsBefore.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bagsWithin)
	defer cancel()
	for _, key := range keys {
		if err := s.bags.Delete(ctx, key); err != nil {
			s.log.WarnContext(ctx, "bag of an ended session not deleted", "err", err)
			s.noBagsBefore.Store(time.Now().Add(bagsPause).UnixNano())
			return
		}
	}
}
