package main

import (
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
)

// The name of a user of PostgreSQL is no secret: left out, it would be left out of all words that it is in.
func TestSecretsOf(t *testing.T) {
	t.Parallel()
	const word = "sesame-and-barley"
	for url, secret := range map[string]bool{
		"postgres://" + word + "@localhost/x":  false,
		"postgres://x:" + word + "@localhost/": true,
		"redis://" + word + "@localhost":       true,
		"redis://x:" + word + "@localhost":     true,
		"smtp://" + word + "@localhost":        true,
	} {
		c := config.Settings{RedisURL: url}
		if strings.HasPrefix(url, "postgres") {
			c = config.Settings{DatabaseURL: url}
		} else if strings.HasPrefix(url, "smtp") {
			c = config.Settings{SMTPURL: url}
		}
		if got := slices.Contains(secretsOf(c), word); got != secret {
			t.Errorf("%s: a secret: %t, want %t", url, got, secret)
		}
	}
}
