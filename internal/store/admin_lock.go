package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
)

// lockAccounts locks the rows of accounts, and where the last administrator is at stake those of all administrators. It does so
// in the order of their ids, so that two transactions that want the same wait for each other and no more. It returns those that
// there are.
func lockAccounts(ctx context.Context, tx *sql.Tx, administrators bool, ids ...string) (map[string]auth.User, error) {
	if administrators {
		rows, err := tx.QueryContext(ctx, `SELECT id FROM users WHERE role = $1`, auth.RoleAdmin)
		all, err := readAll(rows, err, itself[string])
		if err != nil {
			return nil, err
		}
		ids = append(ids, all...)
	}
	slices.Sort(ids)
	users := make(map[string]auth.User, len(ids))
	for _, id := range slices.Compact(ids) {
		var u auth.User
		err := tx.QueryRowContext(ctx, `UPDATE users SET epoch = epoch WHERE id = $1 RETURNING id, role, epoch, disabled_at`, id).
			Scan(&u.ID, &u.Role, &u.Epoch, orZero{&u.DisabledAt})
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		users[id] = u
	}
	return users, nil
}

// roleLocked returns the role of an account. Of an administrator it locks all of them, because the account may stop being one.
func roleLocked(ctx context.Context, tx *sql.Tx, userID string) (role string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT role FROM users WHERE id = $1`, userID).Scan(&role)
	if errors.Is(err, sql.ErrNoRows) {
		err = auth.ErrConflict
	}
	if err != nil || role != auth.RoleAdmin {
		return role, err
	}
	users, err := lockAccounts(ctx, tx, true, userID)
	return users[userID].Role, err
}

// requireAdministrator returns account.ErrLastAdministrator when the transaction has taken the last administrator away: the
// account that it has changed had this role, and there is no other administrator. All of them are locked since before
// the change, so no other transaction takes the role from another at the same time. A portal may begin without any.
func requireAdministrator(ctx context.Context, tx *sql.Tx, role string) error {
	if role != auth.RoleAdmin {
		return nil
	}
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM users WHERE role = $1 AND disabled_at IS NULL AND delete_after IS NULL LIMIT 1`, auth.RoleAdmin).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return account.ErrLastAdministrator
	}
	return err
}
