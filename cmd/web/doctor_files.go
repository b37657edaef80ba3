package main

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/store"
)

// secretsOf are the passwords in the settings, as they stand in a URL and as they are.
func secretsOf(c config.Settings) (secrets []string) {
	for _, text := range []string{c.DatabaseURL, c.RedisURL, c.SMTPURL} {
		u, err := url.Parse(text)
		if err != nil || u.User == nil {
			continue
		}
		password, has := u.User.Password()
		if !has && text != c.DatabaseURL {
			password = u.User.Username() // some services have a token there; PostgreSQL has none, and says which user it refuses
		}
		for _, secret := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
			if len(secret) > 2 {
				secrets = append(secrets, secret)
			}
		}
	}
	return secrets
}

// mounted is where containers get secrets: readable for all who are in the container, which is the portal.
const mounted = "/run/secrets/"

// files looks at the rights to what only the portal should read.
func (d *doctor) files() {
	if runtime.GOOS == "windows" {
		return // files have no such rights there
	}
	before := len(d.findings)
	for setting, name := range map[string]string{
		"KEYS_FILE": d.flags.KeysFile, "DATABASE_URL_FILE": d.flags.DatabaseURLFile, "REDIS_URL_FILE": d.flags.RedisURLFile,
		"SMTP_URL_FILE": d.flags.SMTPURLFile, "TLS_KEY": d.flags.TLSKey,
	} {
		d.rights(brand.Env(setting), name)
	}
	if file, isFile := store.File(d.c.DatabaseURL); isFile {
		for _, beside := range []string{"", "-wal", "-shm", "-journal"} {
			d.rights(brand.Env("DATABASE_URL"), file+beside)
		}
	}
	if len(d.findings) == before {
		d.ok("files", "nobody else on this machine has rights to the database file and the files of secrets")
	}
}

// rights looks at one file, if there is one.
func (d *doctor) rights(setting, name string) {
	if name == "" {
		return
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return // what is missing is found elsewhere
	}
	if full, err := filepath.EvalSymlinks(name); strings.HasPrefix(name, mounted) || err == nil && strings.HasPrefix(full, mounted) {
		return
	}
	d.problem("files", "take the rights of others off it: chmod go= FILE", "%s: others on this machine have rights to the file (%o)", setting, info.Mode().Perm())
}

// cookies says which cookie browsers get.
func (d *doctor) cookies() {
	name := brand.Cookie(brand.SessionCookie, d.c.Secure())
	if d.c.Secure() {
		d.ok("cookies", "browsers get %s, which no neighbouring host can set", name)
		return
	}
	d.add("cookies", note, "", "browsers get %s without Secure: for development only", name)
}
