package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

const userColumns = `users.id, users.email, users.email_key, users.name, users.role, users.password_hash,
	users.password_changed_at, users.epoch, users.created_at, users.disabled_at, users.demo_until,
	users.delete_after, EXISTS (SELECT 1 FROM totp_secrets WHERE totp_secrets.user_id = users.id),
	EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id)`

// readable scans an address that may have been stored with the ASCII form of its domain.
type readable struct{ email *string }

func (r readable) Scan(stored any) error {
	text, ok := stored.(string)
	if !ok {
		return fmt.Errorf("email address stored as %T", stored)
	}
	*r.email = auth.ReadableEmail(text)
	return nil
}

// userFields returns where userColumns scan to.
func userFields(u *auth.User) []any {
	return []any{
		&u.ID, readable{&u.Email}, &u.NormalizedEmail, &u.Name, &u.Role, &u.PasswordHash, &u.PasswordChangedAt, &u.Epoch,
		&u.CreatedAt, orZero{&u.DisabledAt}, orZero{&u.DemoUntil}, orZero{&u.DeleteAfter}, &u.TOTP, &u.Passkeys,
	}
}

func (s *Store) CreateUser(ctx context.Context, u auth.User, e audit.Event) error {
	err := s.tx(ctx, func(tx *sql.Tx) error { return createUser(ctx, tx, u, e) })
	if isDuplicate(err) {
		return auth.ErrEmailTaken
	}
	return err
}

func createUser(ctx context.Context, tx *sql.Tx, u auth.User, events ...audit.Event) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, epoch, created_at, demo_until, has_terms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, TRUE)`,
		u.ID, u.Email, u.NormalizedEmail, u.Name, u.Role, u.PasswordHash, u.PasswordChangedAt, u.Epoch, u.CreatedAt, null(u.DemoUntil))
	if err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	if err := addTerms(ctx, tx, u.ID, u.Name); err != nil {
		return err
	}
	return addEvents(ctx, tx, events...)
}

func (s *Store) CountUsers(ctx context.Context) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n)
	return n, err
}

// UserByEmail is one query, so that its time does not say which of the keys has an account. For an unknown address it reads
// somebody else's row, and forgets it: to find nothing would take less time.
func (s *Store) UserByEmail(ctx context.Context, keys ...string) (auth.User, error) {
	var u auth.User
	key := func(i int) string { return keys[min(i, len(keys)-1)] }
	err := s.db.QueryRowContext(ctx, `
		SELECT `+userColumns+`
		FROM users
		WHERE id = COALESCE(
			(SELECT id FROM users WHERE email_key IN ($1, $2, $3) ORDER BY CASE email_key WHEN $1 THEN 1 WHEN $2 THEN 2 ELSE 3 END LIMIT 1),
			(SELECT id FROM users ORDER BY id LIMIT 1))`, key(0), key(1), key(2)).Scan(userFields(&u)...)
	if err != nil || !slices.Contains(keys, u.NormalizedEmail) {
		return auth.User{}, found(cmp.Or(err, sql.ErrNoRows))
	}
	return u, nil
}

func (s *Store) UserBySession(ctx context.Context, tokenHash string) (auth.User, error) {
	x, u, err := s.SessionByToken(ctx, tokenHash)
	if err == nil && !x.EndedAt.IsZero() {
		return auth.User{}, audit.ErrNotFound
	}
	return u, err
}

func (s *Store) UpgradePassword(ctx context.Context, userID, oldHash, newHash string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3`,
		newHash, userID, oldHash)
	return err
}

func (s *Store) ChangePassword(ctx context.Context, c account.ChangePasswordParams) ([]session.Session, error) {
	return s.changeCredentials(ctx, c.CredentialsChange, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = $1, password_changed_at = $2 WHERE id = $3`,
			c.PasswordHash, c.At, c.Session.UserID)
		return err
	})
}

func (s *Store) ChangeName(ctx context.Context, n account.ChangeNameParams) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, n.By, n.At, 0); err != nil {
			return err
		}
		if err := addAct(ctx, tx, n.Act); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE users SET name = $1 WHERE id = $2 AND name = $3 AND disabled_at IS NULL`,
			n.Name, n.By.UserID, n.Old)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := termsOfUser(ctx, tx, n.By.UserID); err != nil {
			return err
		}
		return addEvents(ctx, tx, n.Event)
	})
}

func (s *Store) AddSignUp(ctx context.Context, p account.SignUp, press account.Press, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := addPress(ctx, tx, press); err != nil {
			return err
		}
		if err := addStrayEvent(ctx, tx, e); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO signups (token_hash, email, email_key, name, password_hash, user_agent, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			p.TokenHash, p.Email, p.NormalizedEmail, p.Name, p.PasswordHash, p.UserAgent, p.CreatedAt, p.ExpiresAt)
		return err
	})
}

// RefuseSignUp does what AddSignUp does, statement by statement.
func (s *Store) RefuseSignUp(ctx context.Context, decoy account.OneTimeToken, press account.Press, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := addPress(ctx, tx, press); err != nil {
			return err
		}
		if err := addEvents(ctx, tx, e); err != nil {
			return err
		}
		return addDecoy(ctx, tx, decoy, "signups")
	})
}

func (s *Store) SignUp(ctx context.Context, tokenHash string, at time.Time) (account.SignUp, error) {
	var p account.SignUp
	err := s.db.QueryRowContext(ctx, `
		SELECT token_hash, email, email_key, name, password_hash, user_agent, created_at, expires_at
		FROM signups
		WHERE token_hash = $1 AND expires_at > $2`, tokenHash, at).
		Scan(&p.TokenHash, &p.Email, &p.NormalizedEmail, &p.Name, &p.PasswordHash, &p.UserAgent, &p.CreatedAt, &p.ExpiresAt)
	return p, found(err)
}

func (s *Store) ConfirmSignUp(ctx context.Context, tokenHash string, u auth.User, press *act.Record, e audit.Event) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := deleteSignUps(ctx, tx, tokenHash, u); err != nil {
			return err
		}
		if err := addAct(ctx, tx, press); err != nil {
			return err
		}
		if err := createUser(ctx, tx, u, e); err != nil {
			return err
		}
		return setUsed(ctx, tx, account.SentToken{
			TokenHash: tokenHash, Purpose: account.PurposeSignUp, UsedAt: u.CreatedAt, UserID: u.ID, Email: u.Email,
		})
	})
	if isDuplicate(err) {
		return auth.ErrEmailTaken
	}
	return err
}

// deleteSignUps deletes those for the address of u, if the token is of one of them, and keeps that they were sent.
func deleteSignUps(ctx context.Context, tx *sql.Tx, tokenHash string, u auth.User) error {
	// One statement, so that two links for one address lock its sign-ups in the same order. The sweeper deletes the expired.
	rows, err := tx.QueryContext(ctx, `
		DELETE FROM signups
		WHERE email_key = $1 AND expires_at > $2 AND EXISTS (
			SELECT 1 FROM signups WHERE token_hash = $3 AND email_key = $1 AND expires_at > $2)
		RETURNING token_hash, expires_at`,
		u.NormalizedEmail, u.CreatedAt, tokenHash)
	deleted, err := readAll(rows, err, func(t *account.SentToken) []any { return []any{&t.TokenHash, &t.ExpiresAt} })
	if err == nil && len(deleted) == 0 {
		err = audit.ErrNotFound
	}
	for _, t := range deleted {
		t.Purpose = account.PurposeSignUp
		err = errors.Join(err, addSent(ctx, tx, t))
	}
	return err
}

func (s *Store) AddOneTimeToken(ctx context.Context, k account.OneTimeToken) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO letter_keys (token_hash, user_id, purpose, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5)`, k.TokenHash, k.UserID, k.Purpose, k.CreatedAt, k.ExpiresAt)
	return err
}

func (s *Store) OneTimeToken(ctx context.Context, tokenHash, purpose string, at time.Time) (account.OneTimeToken, error) {
	k := account.OneTimeToken{TokenHash: tokenHash, Purpose: purpose}
	err := s.db.QueryRowContext(ctx, `
		SELECT user_id, created_at, expires_at
		FROM letter_keys
		WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3`, tokenHash, purpose, at).
		Scan(&k.UserID, &k.CreatedAt, &k.ExpiresAt)
	return k, found(err)
}

func (s *Store) PruneAccounts(ctx context.Context, at time.Time) error {
	signUps := s.pruneSignUps(ctx, at)
	_, keys := s.db.ExecContext(ctx, `DELETE FROM letter_keys WHERE expires_at <= $1`, at)
	_, sent := s.db.ExecContext(ctx, `DELETE FROM sent_tokens WHERE expires_at <= $1`, at.Add(-account.SentTokenKept))
	_, pending := s.db.ExecContext(ctx, `DELETE FROM pending_sign_ins WHERE expires_at <= $1`, at)
	_, enrolments := s.db.ExecContext(ctx, `DELETE FROM totp_enrolments WHERE expires_at <= $1`, at)
	_, changes := s.db.ExecContext(ctx, `DELETE FROM email_changes WHERE undo_until <= $1`, at)
	_, challenges := s.db.ExecContext(ctx, `DELETE FROM spent_challenges WHERE expires_at <= $1`, at)
	return errors.Join(signUps, keys, sent, pending, enrolments, changes, challenges, s.pruneDecoys(ctx, at))
}
