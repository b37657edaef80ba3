package store

import (
	"context"
	"database/sql"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connectWithin bounds making one connection, unless the URL has connect_timeout. database/sql makes some for nobody in
// particular, which would have no bound, and they count among the most that there may be.
const connectWithin = 5 * time.Second

// openPostgres returns connections that work behind a pooler in transaction mode as well, where each transaction may be on
// another server connection, and a statement that one of them has prepared is unknown to the next.
func openPostgres(ctx context.Context, databaseURL string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errURL // the message of pgx repeats the URL
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	if !choosesMode(databaseURL) {
		pooled, err := isPooled(ctx, config)
		if err != nil {
			return nil, err
		}
		if pooled {
			// Only the types of a statement are kept, in the client; each execution is one message to the server.
			config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		}
	}
	return stdlib.OpenDB(*config), nil
}

// choosesMode reports whether the URL says how statements are sent, in pgx's own words.
func choosesMode(databaseURL string) bool {
	u, err := url.Parse(databaseURL)
	return err == nil && u.Query().Has("default_query_exec_mode")
}

// isPooled reports whether a pooler stands in between: it names another process to its clients than the one that works for
// them.
func isPooled(ctx context.Context, config *pgx.ConnConfig) (bool, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	var pid uint32
	err = conn.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return pid != conn.PgConn().PID(), err
}
