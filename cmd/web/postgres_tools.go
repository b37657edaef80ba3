package main

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
)

// sayCommand prints how PostgreSQL makes a backup.
func (b backupCommand) sayCommand(s surroundings, c config.Settings) error {
	address, schema, err := libpq(c.DatabaseURL)
	if err != nil {
		return err
	}
	if schema != "" {
		schema = "--schema=" + quoted(schema) + " "
	}
	command := "(umask 077 && pg_dump --format=custom --no-owner --no-privileges " + schema + "--file=" + quoted(b.File) + " --dbname=" + quoted(address) + ")"
	return b.say(s.stdout, backup{File: b.File, Command: command}, "%s", command)
}

// sayCommand prints how PostgreSQL takes a backup. A schema that has a table which the backup does not know cannot be cleaned by
// pg_restore, and could not be brought up to date afterwards, so it is emptied. psql does all of it or, when something fails, nothing.
func (r restoreCommand) sayCommand(s surroundings, c config.Settings) error {
	address, schema, err := libpq(c.DatabaseURL)
	if err != nil {
		return err
	}
	schema = cmp.Or(schema, "public")
	name, statements := pgx.Identifier{schema}.Sanitize(), quoted(r.File+".sql")
	command := "(umask 077; pg_restore --no-owner --no-privileges --schema=" + quoted(schema) + " --file=" + statements + " " + quoted(r.File) +
		" && psql --no-psqlrc --quiet --single-transaction --set=ON_ERROR_STOP=1 --dbname=" + quoted(address) +
		" --command=" + quoted("DROP SCHEMA IF EXISTS "+name+" CASCADE") + " --command=" + quoted("CREATE SCHEMA "+name) + " --file=" + statements +
		"; done=$?; rm -f " + statements + "; exit $done)"
	return r.say(s.stdout, restored{File: r.File, Command: command}, "%s", command)
}

// libpqOptions are the parameters of a URL that PostgreSQL's own programs know, secrets left out.
var libpqOptions = []string{
	"host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslsni", "connect_timeout", "target_session_attrs", "channel_binding", "gssencmode",
}

// libpq is the URL as PostgreSQL's own programs read it, without the password, and the schema, where it names one.
func libpq(databaseURL string) (address, schema string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Opaque != "" {
		return "", "", errors.New(brand.Env("DATABASE_URL") + ": there is no database on a server or in a file to make a backup of")
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	schema = query.Get("search_path")
	for name := range query {
		if !slices.Contains(libpqOptions, name) {
			query.Del(name)
		}
	}
	u.RawQuery = query.Encode()
	return u.String(), schema, nil
}

// quoted is the text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
