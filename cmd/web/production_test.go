package main

import (
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
)

// TestProductionRefusesADevelopmentDatabase: the administrator that development makes, whose password stood on a
// terminal, must not be an administrator of a real portal.
func TestProductionRefusesADevelopmentDatabase(t *testing.T) {
	t.Parallel()
	for _, demo := range []string{"", "true", "false"} {
		refusesADevelopmentDatabase(t, "--demo="+demo)
	}
}

func refusesADevelopmentDatabase(t *testing.T, flag string) {
	t.Helper()
	data := onSQLite(t)
	if _, _, err := command(t, "", append([]string{"user", "create", "--email=" + seedEmail, "--name=Grace", "--role=admin"}, data...)...); err != nil {
		t.Fatal(err)
	}
	_, _, err := command(t, "", append([]string{"serve", "--env=production", "--addr=127.0.0.1:0", "--base-url=https://portal.test",
		"--keys=" + config.NewKey(), "--smtp-url=smtp://127.0.0.1:1", flag}, data...)...)
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_DATABASE_URL") || !strings.Contains(err.Error(), seedEmail) {
		t.Errorf("%s: got %v, want a refusal that names the setting and the account", flag, err)
	}
}
