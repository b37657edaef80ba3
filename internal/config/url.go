package config

import (
	"cmp"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"example.com/gatehouse/internal/brand"
)

func (l *loader) database() {
	text, ok := l.secret("DATABASE_URL", l.flags.DatabaseURL, l.flags.DatabaseURLFile)
	if !ok {
		return
	}
	if text == "" {
		text = "sqlite:" + brand.Database
	}
	l.s.DatabaseURL = text
	file, sqlite := strings.CutPrefix(text, "sqlite:")
	switch {
	case !sqlite:
		l.secretURL("DATABASE_URL", text, "sqlite:", "postgres://", "postgresql://")
	// Two slashes are a habit from other tools; here they would name a file in the root folder.
	case file == "" || strings.HasPrefix(file, "//"):
		l.refuse("DATABASE_URL", "is not sqlite:FILE such as sqlite:%[1]s or sqlite:/var/lib/%[1]s", brand.Database)
	// What SQLite's own URIs and other tools take for an option would become a part of the name.
	case strings.Contains(file, "?") || strings.HasPrefix(file, "file:"):
		l.refuse("DATABASE_URL", "is not sqlite:FILE such as sqlite:%[1]s: there is nothing to add to the name of the file", brand.Database)
	case l.s.Production() && (strings.Contains(file, ":memory:")):
		l.refuse("DATABASE_URL", "is a database in memory, which production would lose")
	}
}

// redisPath is the number of a database, or nothing.
var redisPath = regexp.MustCompile(`^/?$|^/\d{1,9}$`)

func (l *loader) redis() {
	text, ok := l.secret("REDIS_URL", l.flags.RedisURL, l.flags.RedisURLFile)
	if !ok || text == "" {
		return
	}
	l.s.RedisURL = text
	u := l.secretURL("REDIS_URL", text, "redis://", "rediss://")
	if u != nil && (u.Hostname() == "" || !redisPath.MatchString(u.Path) || u.RawQuery != "" || u.ForceQuery || u.Fragment != "") {
		l.refuse("REDIS_URL", "is not of the form redis://:PASSWORD@HOST:6379/0, where 0 is the number of the database")
	}
}

func (l *loader) smtp() {
	text, ok := l.secret("SMTP_URL", l.flags.SMTPURL, l.flags.SMTPURLFile)
	if !ok {
		return
	}
	if text == "" {
		if l.s.Production() {
			l.refuse("SMTP_URL", "is required in production: emails would go to the development mailbox")
		}
		return
	}
	u := l.secretURL("SMTP_URL", text, "smtp://", "smtps://")
	switch {
	case u == nil:
		return
	case u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		l.refuse("SMTP_URL", "is not of the form smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465")
		return
	}
	if password, _ := u.User.Password(); (u.User.Username() == "") != (password == "") {
		l.refuse("SMTP_URL", "has a user without a password, or a password without a user")
		return
	}
	port := map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	u.Host, u.Path = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)), ""
	l.s.SMTPURL = u.String()
}

// secretURL parses a URL that may hold a password, and repeats none of it when it is wrong. An @ that does not end the
// user and password is part of a password cut short: the rest of it would pass for a host, path or query and be printed.
func (l *loader) secretURL(name, text string, schemes ...string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || !slices.ContainsFunc(schemes, func(s string) bool { return strings.HasPrefix(text, s) }) ||
		u.Port() != "" && !validPort(u.Port()) ||
		strings.Count(text, "@") > 1 || u.User == nil && strings.Contains(text, "@") {
		l.refuse(name, "is not a URL that begins with %s; in a password / ? # @ and %% have to be percent-encoded", strings.Join(schemes, " or "))
		return nil
	}
	return u
}
