package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

func (s *Store) Administer(ctx context.Context, c admin.Change) (ended []session.Session, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		users, err := lockAccounts(ctx, tx, c.Action == admin.Disable || c.Action == admin.SetRole, c.By.UserID, c.UserID)
		if err != nil {
			return err
		}
		if err := requireOrder(ctx, tx, c, users); err != nil {
			return err
		}
		if ended, err = s.administer(ctx, tx, c, users); err != nil {
			return err
		}
		return finish(ctx, tx, c.Act, auth.Spend{}, append(session.EndEvents(ended, device.Client{}), c.Events...)...)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// requireOrder checks again what was true when the request came: the session that asks lives and is elevated, and its account
// still has a role that allows the change. Support changes nothing of an administrator. An operator has no session.
func requireOrder(ctx context.Context, tx *sql.Tx, c admin.Change, users map[string]auth.User) error {
	if c.Operator != "" {
		if c.UserID != "" && users[c.UserID].ID == "" {
			return audit.ErrNotFound
		}
		return nil
	}
	var elevatedUntil time.Time
	err := tx.QueryRowContext(ctx, `SELECT elevated_until FROM sessions WHERE `+live, c.By.SessionID, c.By.TokenHash, c.At).Scan(orZero{&elevatedUntil})
	if errors.Is(err, sql.ErrNoRows) || err == nil && !c.At.Before(elevatedUntil) {
		return auth.ErrConflict
	}
	if err != nil {
		return err
	}
	by, of := users[c.By.UserID], users[c.UserID]
	switch {
	case c.UserID != "" && of.ID == "":
		return audit.ErrNotFound
	case !by.DisabledAt.IsZero() || by.Role != c.ByRole || !admin.Includes(by.Role, c.Needs()):
		return admin.ErrForbidden
	case of.Role == auth.RoleAdmin && by.Role != auth.RoleAdmin:
		return admin.ErrForbidden
	}
	return nil
}

// administer makes the change. The rows of the accounts are locked.
func (s *Store) administer(ctx context.Context, tx *sql.Tx, c admin.Change, users map[string]auth.User) ([]session.Session, error) {
	switch c.Action {
	case admin.EndSession:
		return s.endOfUser(ctx, tx, c)
	case admin.EndSessions:
		return s.endAllOf(ctx, tx, c.UserID, c.At, session.ReasonAdmin)
	case admin.Disable:
		err := setUser(ctx, tx, `disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL`, c.UserID, c.At)
		if err == nil {
			err = requireAdministrator(ctx, tx, users[c.UserID].Role)
		}
		if err != nil {
			return nil, err
		}
		return s.endAllOf(ctx, tx, c.UserID, c.At, session.ReasonAccountDisabled)
	case admin.Enable:
		return nil, setUser(ctx, tx, `disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL`, c.UserID)
	case admin.SetRole:
		return nil, setRole(ctx, tx, c)
	case admin.StartReset:
		if !users[c.UserID].DisabledAt.IsZero() {
			return nil, admin.ErrUnchanged
		}
		if users[c.UserID].Epoch != c.Epoch { // the address may be another one by now
			return nil, auth.ErrConflict
		}
		return nil, replaceOneTimeToken(ctx, tx, c.Reset)
	case admin.RemoveFactors:
		ended, err := s.removeFactors(ctx, tx, c.UserID, c.At)
		if errors.Is(err, audit.ErrNotFound) {
			err = admin.ErrUnchanged
		}
		return ended, err
	}
	return nil, nil // what is only written down
}

// setUser changes a column of users where it is not so already.
func setUser(ctx context.Context, tx *sql.Tx, set string, args ...any) error {
	result, err := tx.ExecContext(ctx, `UPDATE users SET `+set, args...)
	return changed(result, err, admin.ErrUnchanged)
}

// setRole closes the elevation of the account's sessions: the first page that needs the new role asks who it is, which gives the
// session another token.
func setRole(ctx context.Context, tx *sql.Tx, c admin.Change) error {
	err := setUser(ctx, tx, `role = $2 WHERE id = $1 AND role = $3 AND role <> $2`, c.UserID, c.NewRole, c.UserRole)
	if errors.Is(err, admin.ErrUnchanged) && c.NewRole != c.UserRole {
		err = auth.ErrConflict // somebody else has changed it
	}
	if err != nil {
		return err
	}
	if err := requireAdministrator(ctx, tx, c.UserRole); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE sessions SET elevated_until = NULL WHERE user_id = $1 AND ended_at IS NULL`, c.UserID)
	return err
}

// endOfUser ends one session of the account.
func (s *Store) endOfUser(ctx context.Context, tx *sql.Tx, c admin.Change) ([]session.Session, error) {
	ended, err := s.endMany(ctx, tx, `id = $4 AND user_id = $5`, c.At, session.ReasonAdmin, "", c.Handle, c.UserID)
	if err != nil || len(ended) > 0 {
		return ended, err
	}
	var one int
	err = tx.QueryRowContext(ctx, `SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2`, c.Handle, c.UserID).Scan(&one)
	return nil, cmp.Or(found(err), auth.ErrEnded)
}

// endAllOf ends every session of the account, refuses the sign-ins that are under way, and takes back what was begun.
func (s *Store) endAllOf(ctx context.Context, tx *sql.Tx, userID string, at time.Time, reason session.Reason) ([]session.Session, error) {
	if _, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + 1 WHERE id = $1`, userID); err != nil {
		return nil, err
	}
	ended, err := s.endMany(ctx, tx, `user_id = $4`, at, reason, "", userID)
	return ended, cmp.Or(err, dropPending(ctx, tx, userID))
}
