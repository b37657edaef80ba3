package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

func (s *Store) FlagReused(ctx context.Context, x session.Session, e audit.Event) (bool, error) {
	return s.setFlag(ctx, e, `
		UPDATE sessions SET flag = $1
		WHERE id = $2 AND flag <> $3 AND ended_at IS NULL`, session.FlagTokenReused, x.ID, session.FlagTokenReused)
}

func (s *Store) NoteLostAnswer(ctx context.Context, x session.Session, e audit.Event) (bool, error) {
	return s.setFlag(ctx, e, `
		UPDATE sessions SET answer_lost = TRUE
		WHERE `+live+` AND unclaimed_since IS NOT NULL AND NOT answer_lost`, x.ID, x.TokenHash, e.At)
}

func (s *Store) FlagClient(ctx context.Context, x session.Session, was device.Set, at time.Time, e audit.Event) (bool, error) {
	return s.setFlag(ctx, e, `
		UPDATE sessions SET flag = $4, flag_client = $5, elevated_until = $6
		WHERE `+live+` AND flag IN ('', $7) AND flag_client = $8 AND known_clients = $9`,
		x.ID, x.TokenHash, at, x.Flag, string(x.FlagClient), null(x.ElevatedUntil), x.Flag, string(was), string(x.Known))
}

// setFlag stores the event if the update changes a row, and reports whether it did.
func (s *Store) setFlag(ctx context.Context, e audit.Event, update string, args ...any) (bool, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error { return changeFlag(ctx, tx, e, update, args...) })
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) DismissFlag(ctx context.Context, x session.Session, by audit.Actor, known device.Set, press *act.Record, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := cmp.Or(requireLiveSession(ctx, tx, by, e.At, 0), addAct(ctx, tx, press)); err != nil { // a second press finds no flag
			return err
		}
		return changeFlag(ctx, tx, e, `
			UPDATE sessions SET flag = '', flag_client = '', known_clients = $1
			WHERE id = $2 AND flag <> '' AND flag = $3 AND flag_client = $4 AND known_clients = $5 AND ended_at IS NULL`,
			string(known), x.ID, x.Flag, string(x.FlagClient), string(x.Known))
	})
}

// changeFlag makes the update and stores its event: ErrNotFound when it changes no row.
func changeFlag(ctx context.Context, tx *sql.Tx, e audit.Event, update string, args ...any) error {
	result, err := tx.ExecContext(ctx, update, args...)
	if err := changed(result, err, audit.ErrNotFound); err != nil {
		return err
	}
	return addEvents(ctx, tx, e)
}
