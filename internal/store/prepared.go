package store

import (
	"context"
	"database/sql"
	"sync/atomic"
)

// prepared is a statement that every request of somebody signed in makes: SQLite would spend most of its time reading
// the same text again. It is prepared on first use, because the tables come after the connection; database/sql then
// prepares it anew for each connection that has not seen it.
type prepared struct{ stmt atomic.Pointer[sql.Stmt] }

// queryRow runs the statement, which has to be the same text each time.
func (p *prepared) queryRow(ctx context.Context, db *sql.DB, query string, args ...any) *sql.Row {
	stmt := p.stmt.Load() //nolint:sqlclosecheck // it lives as long as the connections
	if stmt == nil {
		var err error
		if stmt, err = db.PrepareContext(ctx, query); err != nil {
			return db.QueryRowContext(ctx, query, args...) // carries the error
		}
		if !p.stmt.CompareAndSwap(nil, stmt) {
			_ = stmt.Close()     //nolint:sqlclosecheck // somebody else was first
			stmt = p.stmt.Load() //nolint:sqlclosecheck // as above
		}
	}
	return stmt.QueryRowContext(ctx, args...)
}
