package proof

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/internal/mail/mailtest"
	"example.com/gatehouse/webtest"
)

// A mailServer takes the emails of several portals.
type mailServer struct {
	*mailtest.Server
	roots string // the file of the certificates that a portal has to trust
}

func startMailServer(t testing.TB) mailServer {
	t.Helper()
	s := (&mailtest.Server{Mechanisms: []string{"PLAIN"}}).Start(t)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, s.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return mailServer{s, roots}
}

// portal starts one that sends its emails here.
func (s mailServer) portal(t testing.TB, env environment, flags ...string) *portal {
	t.Helper()
	flags = append(flags, "--smtp-url=smtp://portal:canary-pass%20word@"+s.Addr, "--mail-from=no-reply@portal.test")
	return probed.startWith(t, []string{"SSL_CERT_FILE=" + s.roots}, env, flags...)
}

// counted is how many emails came to each address.
func (s mailServer) counted() map[string]int {
	n := map[string]int{}
	for _, email := range s.Emails() {
		n[email.To]++
	}
	return n
}

var linkInEmail = regexp.MustCompile(`http://[^/\s]+(/\S+)`)

// link waits for an email to the address and returns the path of the link in it that begins like this.
func (s mailServer) link(t testing.TB, to, beginning string) (path string) {
	t.Helper()
	webtest.Until(t, "an email with a link to "+beginning, func() bool {
		for _, email := range s.Emails() {
			if email.To != to {
				continue
			}
			for _, found := range linkInEmail.FindAllStringSubmatch(email.Message(t).Text, -1) {
				if strings.HasPrefix(found[1], beginning) {
					path = found[1]
				}
			}
		}
		return path != ""
	})
	return path
}
