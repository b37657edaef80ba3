package store

import (
	"context"
	"database/sql"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

const passkeyColumns = `passkeys.id, passkeys.user_id, passkeys.credential_id, passkeys.public_key, passkeys.transports,
	passkeys.sign_count, passkeys.backup_eligible, passkeys.backup_state, passkeys.name, passkeys.created_at, passkeys.last_used_at`

// passkeyFields returns where passkeyColumns scan to.
func passkeyFields(p *auth.Passkey) []any {
	return []any{
		&p.ID, &p.UserID, &p.CredentialID, &p.PublicKey, &p.Transports, &p.SignCount, &p.BackupEligible, &p.BackupState,
		&p.Name, &p.CreatedAt, orZero{&p.LastUsedAt},
	}
}

func (s *Store) Passkeys(ctx context.Context, userID string) ([]auth.Passkey, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT `+passkeyColumns+`
		FROM passkeys
		WHERE user_id = $1
		ORDER BY created_at, id`, userID)
	return readAll(rows, err, passkeyFields)
}

func (s *Store) PasskeyByCredential(ctx context.Context, credentialID string) (auth.Passkey, auth.User, error) {
	var (
		p auth.Passkey
		u auth.User
	)
	err := s.db.QueryRowContext(ctx, `
		SELECT `+passkeyColumns+`, `+userColumns+`
		FROM passkeys JOIN users ON users.id = passkeys.user_id
		WHERE passkeys.credential_id = $1`, credentialID).Scan(append(passkeyFields(&p), userFields(&u)...)...)
	return p, u, found(err)
}

func (s *Store) AddPasskey(ctx context.Context, c account.CredentialsChange, p auth.Passkey, spent auth.SpentChallenge) ([]session.Session, error) {
	return s.changeCredentials(ctx, c, func(tx *sql.Tx) error {
		if err := spendChallenge(ctx, tx, spent); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO passkeys (id, user_id, credential_id, public_key, transports, sign_count, backup_eligible, backup_state,
				name, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			p.ID, c.Session.UserID, p.CredentialID, p.PublicKey, p.Transports, p.SignCount, p.BackupEligible, p.BackupState,
			p.Name, p.CreatedAt)
		if isDuplicate(err) {
			return auth.ErrPasskeyTaken
		}
		return err
	})
}

func (s *Store) RemovePasskey(ctx context.Context, c account.CredentialsChange, id string) ([]session.Session, error) {
	return s.changeCredentials(ctx, c, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2`, id, c.Session.UserID)
		return changed(result, err, audit.ErrNotFound)
	})
}

func (s *Store) RenamePasskey(ctx context.Context, r account.RenamePasskeyParams) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, r.By, r.At, 0); err != nil {
			return err
		}
		if err := addAct(ctx, tx, r.Act); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE passkeys SET name = $1 WHERE id = $2 AND user_id = $3`, r.Name, r.ID, r.By.UserID)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		return addEvents(ctx, tx, r.Event)
	})
}
