package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

const sessionColumns = `sessions.id, sessions.user_id, sessions.token_hash, sessions.rotated_at, sessions.method,
	sessions.unclaimed_since, sessions.remembered, sessions.user_agent, sessions.ip, sessions.last_ip, sessions.created_at, sessions.last_seen_at,
	sessions.idle_expires_at, sessions.expires_at, sessions.elevated_until, sessions.known_clients, sessions.known_agent,
	sessions.flag, sessions.flag_client, sessions.ended_at, sessions.end_reason, sessions.ended_by`

// sessionFields returns where sessionColumns scan to.
func sessionFields(x *session.Session) []any {
	return []any{
		&x.ID, &x.UserID, &x.TokenHash, &x.RotatedAt, &x.Method, orZero{&x.UnclaimedSince}, &x.Remembered, &x.UserAgent, &x.IP, &x.LastIP,
		&x.CreatedAt, &x.LastSeenAt, &x.IdleExpiresAt, &x.ExpiresAt, orZero{&x.ElevatedUntil}, &x.Known, &x.KnownAgent, &x.Flag,
		&x.FlagClient, orZero{&x.EndedAt}, &x.EndReason, &x.EndedBy,
	}
}

// live is the condition of every change of a session that its own browser makes: $1 the handle, $2 the token's hash,
// $3 the time. No row means that another request changed the session first.
const live = `id = $1 AND token_hash = $2 AND ended_at IS NULL AND idle_expires_at > $3`

func (s *Store) SessionByToken(ctx context.Context, tokenHash string) (session.Session, auth.User, error) {
	return sessionAndUser(s.hotRow(ctx, sessionAndUserWhere+`sessions.token_hash = $1`, tokenHash))
}

func (s *Store) SessionByPreviousToken(ctx context.Context, tokenHash string) (session.Session, auth.User, error) {
	return sessionAndUser(s.db.QueryRowContext(ctx, sessionAndUserWhere+
		`sessions.prev_token_hash = $1 ORDER BY sessions.rotated_at DESC LIMIT 1`, tokenHash))
}

const sessionAndUserWhere = `
	SELECT ` + sessionColumns + `, ` + userColumns + `
	FROM sessions JOIN users ON users.id = sessions.user_id
	WHERE `

func sessionAndUser(read row) (session.Session, auth.User, error) {
	var x session.Session
	var u auth.User
	err := read.Scan(append(sessionFields(&x), userFields(&u)...)...)
	return x, u, found(err)
}

func (s *Store) SessionByHandle(ctx context.Context, id string) (session.Session, error) {
	var x session.Session
	err := s.db.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE id = $1`, id).Scan(sessionFields(&x)...)
	return x, found(err)
}

func addSession(ctx context.Context, tx *sql.Tx, x session.Session, replacedHash string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO sessions (id, user_id, token_hash, prev_token_hash, rotated_at, method, remembered, user_agent, ip, last_ip,
			created_at, last_seen_at, idle_expires_at, expires_at, known_clients, flag, ended_at, end_reason, ended_by, unclaimed_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		x.ID, x.UserID, x.TokenHash, sql.NullString{String: replacedHash, Valid: replacedHash != ""}, x.RotatedAt,
		string(x.Method), x.Remembered, x.UserAgent, x.IP, x.LastIP, x.CreatedAt, x.LastSeenAt, x.IdleExpiresAt, x.ExpiresAt,
		string(x.Known), x.Flag, null(x.EndedAt), string(x.EndReason), x.EndedBy, null(x.UnclaimedSince))
	return err
}

func (s *Store) Touch(ctx context.Context, x session.Session, at time.Time) error {
	result, err := s.db.ExecContext(ctx, `
		UPDATE sessions SET last_ip = $4,
			last_seen_at = CASE WHEN last_seen_at > $5 THEN last_seen_at ELSE $5 END,
			idle_expires_at = CASE WHEN idle_expires_at > $6 THEN idle_expires_at ELSE $6 END,
			known_clients = CASE WHEN known_clients = '' THEN $7 ELSE known_clients END,
			known_agent = $8, unclaimed_since = NULL
		WHERE `+live, x.ID, x.TokenHash, at, x.LastIP, x.LastSeenAt, x.IdleExpiresAt, string(x.Known), x.KnownAgent)
	return changed(result, err, auth.ErrEnded)
}

func (s *Store) Rotate(ctx context.Context, r session.Rotation, events ...audit.Event) error {
	return s.txForToken(ctx, r.NewTokenHash, func(tx *sql.Tx) error {
		// The account's row first, as in all transactions that spend something after they have changed a session.
		if _, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch WHERE id = $1`, r.Session.UserID); err != nil {
			return err
		}
		if err := rotate(ctx, tx, r); err != nil {
			return err
		}
		return addEvents(ctx, tx, events...)
	})
}

// rotate gives a live session another token, and is alone in doing so. No row means that another request was first.
func rotate(ctx context.Context, tx *sql.Tx, r session.Rotation) error {
	x := r.Session
	since := slices.MaxFunc([]time.Time{r.At, x.LastSeenAt}, time.Time.Compare) // the clock of this instance may be behind
	result, err := tx.ExecContext(ctx, `
		UPDATE sessions
		SET token_hash = $4, prev_token_hash = token_hash, rotated_at = $3, elevated_until = COALESCE($5, elevated_until),
			unclaimed_since = $6, answer_lost = FALSE, known_clients = CASE WHEN $9 = '' THEN known_clients ELSE $9 END,
			idle_expires_at = CASE WHEN idle_expires_at < $7 THEN idle_expires_at ELSE $7 END
		WHERE `+live+` AND ($8 = FALSE OR elevated_until > $3)`, x.ID, x.TokenHash, r.At, r.NewTokenHash, null(r.Elevated), since, since.Add(session.ClaimWithin), r.InWindow, string(r.Known))
	if err = changed(result, err, auth.ErrEnded); err == nil {
		err = useUp(ctx, tx, r.Act, r.Spend)
	}
	if err != nil || !r.Dismiss {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE sessions SET flag = CASE WHEN flag = $1 THEN '' ELSE flag END, flag_client = ''
		WHERE id = $2`, session.FlagClientChanged, x.ID)
	return err
}

func (s *Store) Sessions(ctx context.Context, userID string) ([]session.Session, error) {
	return s.list(ctx, `
		WHERE user_id = $1 AND ended_at IS NULL
		ORDER BY last_seen_at DESC, id`, userID)
}

func (s *Store) RecentSessions(ctx context.Context, userID string, since time.Time, limit int) ([]session.Session, error) {
	return s.list(ctx, `
		WHERE user_id = $1 AND (ended_at IS NULL OR id IN (
			SELECT id FROM sessions WHERE user_id = $1 AND ended_at > $2 ORDER BY ended_at DESC, id LIMIT $3`+asGiven+`))
		ORDER BY ended_at IS NOT NULL, ended_at DESC, CASE WHEN ended_at IS NULL THEN last_seen_at END DESC, id`, userID, since, limit)
}

func (s *Store) TimedOut(ctx context.Context, at time.Time, limit int) ([]session.Session, error) {
	return s.list(ctx, `
		WHERE ended_at IS NULL AND idle_expires_at <= $1
		ORDER BY idle_expires_at
		LIMIT $2`, at, limit)
}

func (s *Store) list(ctx context.Context, clauses string, args ...any) ([]session.Session, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions `+clauses, args...)
	return readAll(rows, err, sessionFields)
}
