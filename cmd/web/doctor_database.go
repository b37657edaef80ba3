package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/store"
)

// leastSQLite is the first version without an error by which two processes could damage a database in WAL mode.
const leastSQLite = "3.51.3"

// clocksApart is how far clocks may be apart. Codes of authenticator apps change each thirty seconds, and sessions end by the clock
// of whichever instance looks.
const clocksApart = 5 * time.Second

// database uses the database as the portal does, and undoes it.
func (d *doctor) database(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	setting := brand.Env("DATABASE_URL")
	if file, isFile := store.File(d.c.DatabaseURL); isFile {
		if _, err := os.Stat(file); os.IsNotExist(err) {
			d.add("database", note, "", "there is no file %s yet: a start makes it", file)
			return
		}
	}
	db, err := store.Open(ctx, d.c.DatabaseURL)
	if err != nil {
		d.problem("database", "correct "+setting+", or start the database", "%v", err)
		return
	}
	d.db = db
	found, err := db.Condition(ctx)
	if err != nil {
		d.problem("database", "see that the account of "+setting+" may read", "it does not say how it is: %v", err)
		return
	}
	d.server(found)
	d.tables(ctx)
	d.clock(ctx, found)
}

// server looks at the version, and at the room for connections.
func (d *doctor) server(found store.Condition) {
	if !found.Postgres {
		if older(found.Server, leastSQLite) {
			d.problem("database", "build the program with a newer modernc.org/sqlite", "SQLite %s can damage a database that several processes write: %s is the first that cannot", found.Server, leastSQLite)
			return
		}
		d.ok("database", "SQLite %s", found.Server)
		return
	}
	d.ok("database", "PostgreSQL %s answers", found.Server)
	if found.Conns < d.c.DatabaseConns+3 { // which PostgreSQL keeps for its administrators
		d.problem("database", "lower "+brand.Env("DATABASE_CONNS")+", or raise max_connections", "PostgreSQL allows %d connections in all, one instance uses up to %d", found.Conns, d.c.DatabaseConns)
	}
}

// tables looks whether the tables are those of this program, and can be written to.
func (d *doctor) tables(ctx context.Context) {
	version, err := d.db.Applied(ctx)
	known := store.SchemaVersion()
	switch {
	case err != nil:
		d.problem("database", "see that its account may read the tables", "its tables cannot be read: %v", err)
	case version > known:
		d.problem("database", "use the newer program: this one refuses to start", "its tables are at %d, and this program knows %d: a newer one made them", version, known)
	case version == known:
		if err := d.db.Writable(ctx); err != nil {
			d.problem("database", "give its account the right to write, make room, or name the primary", "nothing can be written: %v", err)
			return
		}
		d.ok("database", "its tables are at %d, as this program wants them, and can be written to", version)
	case d.c.Migrate == "off":
		d.problem("database", "run: web migrate", "its tables are at %d, this program wants %d, and %s is off", version, known, brand.Env("MIGRATE"))
	default:
		d.add("database", note, "", "its tables are at %d: a start brings them to %d", version, known)
	}
	if err != nil || version != known {
		d.closeDatabase()
	}
}

// closeDatabase leaves out what needs the tables.
func (d *doctor) closeDatabase() {
	_ = d.db.Close()
	d.db = nil
}

// clock compares our clock with that of the database, and with those of whoever wrote into it.
func (d *doctor) clock(ctx context.Context, found store.Condition) {
	const do = "set the clocks of all machines by one source (NTP)"
	if found.Ahead.Abs() > clocksApart {
		d.problem("clock", do, "the clock of the database is %s", apart(found.Ahead))
		return
	}
	if d.db == nil {
		return
	}
	latest, err := d.db.LatestEvent(ctx)
	if ahead := time.Until(latest); err == nil && ahead > clocksApart {
		d.problem("clock", do, "the clock of an instance is or was %s: an event is of then", apart(ahead))
		return
	}
	d.ok("clock", "it agrees with the database")
}

func apart(ahead time.Duration) string {
	if ahead < 0 {
		return fmt.Sprintf("%s behind that of this machine", ahead.Abs().Round(time.Second))
	}
	return fmt.Sprintf("%s ahead of that of this machine", ahead.Round(time.Second))
}

// older compares versions of numbers with dots between.
func older(version, than string) bool {
	have, want := strings.Split(version, "."), strings.Split(than, ".")
	for i := range want {
		var a int
		if i < len(have) {
			a, _ = strconv.Atoi(have[i])
		}
		if b, _ := strconv.Atoi(want[i]); a != b {
			return a < b
		}
	}
	return false
}
