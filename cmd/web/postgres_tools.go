package main

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
)

// sayCommand prints how PostgreSQL makes a backup.
func (b backupCommand) sayCommand(s surroundings, c config.Settings) error {
	address, schema, err := libpq(c.DatabaseURL)
	if err != nil {
		return err
	}
	command := "(umask 077 && pg_dump --format=custom --no-owner --no-privileges " + schema + "--file=" + quoted(b.File) + " --dbname=" + quoted(address) + ")"
	return b.say(s.stdout, backup{File: b.File, Command: command}, "%s", command)
}

// sayCommand prints how PostgreSQL takes a backup.
func (r restoreCommand) sayCommand(s surroundings, c config.Settings) error {
	address, _, err := libpq(c.DatabaseURL)
	if err != nil {
		return err
	}
	command := "pg_restore --clean --if-exists --no-owner --no-privileges --exit-on-error --single-transaction --dbname=" + quoted(address) + " " + quoted(r.File)
	return r.say(s.stdout, restored{File: r.File, Command: command}, "%s", command)
}

// libpqOptions are the parameters of a URL that PostgreSQL's own programs know, secrets left out.
var libpqOptions = []string{
	"host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslsni", "connect_timeout", "target_session_attrs", "channel_binding", "gssencmode",
}

// libpq is the URL as PostgreSQL's own programs read it, without the password, and the option for the schema, where there is one.
func libpq(databaseURL string) (address, schema string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Opaque != "" {
		return "", "", errors.New(brand.Env("DATABASE_URL") + ": there is no database on a server or in a file to make a backup of")
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	if name := query.Get("search_path"); name != "" {
		schema = "--schema=" + quoted(name) + " "
	}
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
