package store

import (
	"context"

	"example.com/gatehouse/internal/audit"
)

func (s *Store) SessionRow(ctx context.Context, userID, handle string, columns []string) (map[string]any, error) {
	rows, err := exportTable(ctx, s.db, exported{table: "sessions", person: "user_id", order: "id", columns: columns}, userID)
	for _, row := range rows {
		if row["id"] == handle {
			return row, nil
		}
	}
	if err == nil {
		err = audit.ErrNotFound
	}
	return nil, err
}
