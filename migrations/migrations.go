// Package migrations holds the database schema: one numbered set of SQL files for SQLite and PostgreSQL alike.
// It does not know how they are applied.
package migrations

import "embed"

// FS holds the files, named NNNN_name.sql.
//
//go:embed *.sql
var FS embed.FS
