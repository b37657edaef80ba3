package store

import (
	"context"
)

// KeySamples returns the samples of all keys that a portal on this database had as its newest.
func (s *Store) KeySamples(ctx context.Context) ([][]byte, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT sealed FROM key_samples`)
	return readAll(rows, err, itself[[]byte])
}

// AddKeySample stores the sample of a key that has none.
func (s *Store) AddKeySample(ctx context.Context, keyID string, sealed []byte) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO key_samples (key_id, sealed) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING`, keyID, sealed)
	return err
}

// A SealedCount is how many sealed values begin alike, and so have the same key.
type SealedCount struct {
	Header []byte
	Count  int
}
