package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/webtest"
)

// TestOtherKeys: keys that open nothing of what is stored stop a start and an operator's command, whether the database has a
// sample of its keys yet or not. A key beside the old one is taken, and the old one may go then. A portal whose keys are not
// those of the database any more says on which it is not ready, and why only to its operator.
func TestOtherKeys(t *testing.T) {
	t.Parallel()
	for name, data := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, other, newest := config.NewKey(), config.NewKey(), config.NewKey()
			on := data(t)
			starts := func(keys string) error {
				t.Helper()
				p := webtest.Launch(t, func(ctx context.Context, stdout, stderr io.Writer) error {
					return run(surroundings{ctx, strings.NewReader(""), stdout, stderr}, serveArgs(on, []string{"--keys=" + keys}))
				})
				return p.Stop()
			}
			refused := func(err error) bool {
				return err != nil && strings.Contains(err.Error(), "GATEHOUSE_KEYS: none of the keys is one that this database was sealed with")
			}
			if err := starts(old); err != nil {
				t.Fatal(err)
			}
			if err := starts(other); !refused(err) {
				t.Errorf("with other keys: got %v, want a refusal", err)
			}
			if _, _, err := command(t, "", append([]string{"user", "create", "--email=a@example.net", "--name=A", "--keys=" + other}, on...)...); !refused(err) {
				t.Errorf("a command with other keys: got %v, want a refusal", err)
			}
			for _, keys := range []string{newest + "," + old, newest, old} {
				if err := starts(keys); err != nil {
					t.Errorf("with a key that was used: got %v, want a start", err)
				}
			}
			p := start(t, on, "--keys="+newest, "--ops-addr=127.0.0.1:0")
			p.data = append(p.data, "--keys="+newest)
			email := p.account(t, "Ada Lovelace")
			sealer, _ := seal.New([][]byte{make([]byte, 32)})
			blob, _ := sealer.Seal([]byte("secret"), "elsewhere")
			p.change(t, `DELETE FROM key_samples`) // as before an update
			p.change(t, `INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) SELECT id, $1, 0, created_at FROM users WHERE email = $2`, blob, email)
			if got := p.Client(t).Get("/readyz").Want(http.StatusServiceUnavailable).Body; got != "unavailable\n" {
				t.Errorf("readyz says %q, want the word alone", got)
			}
			if said := p.Log.String(); !strings.Contains(said, "none of the keys") {
				t.Error("the log does not say why")
			}
			if err := starts(other); !refused(err) {
				t.Errorf("without a sample: got %v, want a refusal", err)
			}
			if _, _, err := command(t, "", append([]string{"keys", "accept", "--keys=" + other}, on...)...); err != nil {
				t.Errorf("keys accept: %v", err)
			}
			if err := starts(other); err != nil {
				t.Errorf("with keys that were accepted: got %v, want a start", err)
			}
		})
	}
}
