package store

import (
	"context"
	"strings"

	"example.com/gatehouse/internal/audit"
)

// hashShown is how many characters of a hash its owner sees: enough to see it change, too few to find it by.
const hashShown = 8

// SessionRow reads the columns, the id among them, of a session of that account as they are stored; of each hash only the
// beginning. ErrNotFound.
func (s *Store) SessionRow(ctx context.Context, userID, handle string, columns []string) (map[string]any, error) {
	rows, err := exportTable(ctx, s.db, exported{table: "sessions", person: "user_id", order: "id", columns: columns}, userID)
	for _, row := range rows {
		if row["id"] != handle {
			continue
		}
		for _, column := range columns {
			if hash, ok := row[column].(string); ok && strings.HasSuffix(column, "_hash") && len(hash) > hashShown {
				row[column] = hash[:hashShown] + "\u2026"
			}
		}
		return row, nil
	}
	if err == nil {
		err = audit.ErrNotFound
	}
	return nil, err
}
