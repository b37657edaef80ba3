package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
)

var errURL = errors.New("the database URL has a part that cannot be read, such as an unknown sslmode or a file of a certificate")

// CheckURL reports whether Open can read the URL, without connecting. The error repeats no part of it.
func CheckURL(databaseURL string) error {
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return nil
	}
	if _, err := pgx.ParseConfig(databaseURL); err != nil {
		return errURL
	}
	return nil
}
