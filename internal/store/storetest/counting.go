package storetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"example.com/gatehouse/internal/store"
)

// Counter counts what reaches a store: SQL statements, or Redis commands.
type Counter struct{ n, prepared atomic.Int64 }

// Taken returns the count and starts again at 0.
func (c *Counter) Taken() int { return int(c.n.Swap(0)) }

// Prepared returns how many statements SQLite has prepared for later use, and starts again at 0.
func (c *Counter) Prepared() int { return int(c.prepared.Swap(0)) }

// CountingSQLite is SQLite with every statement counted.
func CountingSQLite(t testing.TB) (*store.Store, *Counter) {
	t.Helper()
	c := &Counter{}
	dsn := store.SQLiteDSN(filepath.Join(t.TempDir(), "test.db"))
	return migrated(t, sql.OpenDB(countingConnector{dsn, c}), false), c
}

// CountingPostgres is Postgres with every statement counted.
func CountingPostgres(t testing.TB) (*store.Store, *Counter) {
	t.Helper()
	c := &Counter{}
	config, err := pgx.ParseConfig(PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	config.Tracer = c
	return migrated(t, stdlib.OpenDB(*config), true), c
}

// CountingRedis is Redis with every command counted.
func CountingRedis(t testing.TB) (*redis.Pool, *Counter) {
	t.Helper()
	c := &Counter{}
	pool := Redis(t)
	dial := pool.DialContext
	pool.DialContext = func(ctx context.Context) (redis.Conn, error) {
		conn, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		return countingRedisConn{conn.(redis.ConnWithContext), c}, nil
	}
	return pool, c
}

func migrated(t testing.TB, db *sql.DB, postgres bool) *store.Store {
	t.Helper()
	s := store.New(db, postgres)
	t.Cleanup(func() { _ = s.Close() })
	if postgres {
		migrateAlone(t, db)
	} else if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// TraceQueryStart counts a statement on its way to PostgreSQL.
func (c *Counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

// TraceQueryEnd has nothing to count.
func (c *Counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

type countingConnector struct {
	dsn string
	c   *Counter
}

func (k countingConnector) Driver() driver.Driver { return &sqlite.Driver{} }

func (k countingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := k.Driver().Open(k.dsn)
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(sqliteConn), k.c}, nil
}

// sqliteConn is what database/sql uses of a connection.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type countingConn struct {
	sqliteConn
	c *Counter
}

func (k countingConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	k.c.n.Add(1)
	return k.sqliteConn.QueryContext(ctx, q, args)
}

func (k countingConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	k.c.n.Add(1)
	return k.sqliteConn.ExecContext(ctx, q, args)
}

// PrepareContext counts nothing yet: what is prepared costs a query when it is used.
func (k countingConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	stmt, err := k.sqliteConn.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	k.c.prepared.Add(1)
	return countingStmt{stmt.(sqliteStmt), k.c}, nil
}

// sqliteStmt is what database/sql uses of a prepared statement.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

type countingStmt struct {
	sqliteStmt
	c *Counter
}

func (k countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	k.c.n.Add(1)
	return k.sqliteStmt.QueryContext(ctx, args)
}

func (k countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	k.c.n.Add(1)
	return k.sqliteStmt.ExecContext(ctx, args)
}

func (k countingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	k.c.n.Add(1)
	return k.sqliteConn.BeginTx(ctx, o)
}

type countingRedisConn struct {
	redis.ConnWithContext
	c *Counter
}

func (k countingRedisConn) Do(command string, args ...any) (any, error) {
	if command != "" { // redigo's own way of flushing
		k.c.n.Add(1)
	}
	return k.ConnWithContext.Do(command, args...)
}

func (k countingRedisConn) DoContext(ctx context.Context, command string, args ...any) (any, error) {
	k.c.n.Add(1)
	return k.ConnWithContext.DoContext(ctx, command, args...)
}

func (k countingRedisConn) Send(command string, args ...any) error {
	k.c.n.Add(1)
	return k.ConnWithContext.Send(command, args...)
}
