package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/gatehouse/internal/mail/mailtest"
	"example.com/gatehouse/webtest"
)

// process runs the portal in a process of its own, with other roots than the machine's, and says how to end it.
func process(t *testing.T, data []string, roots string, flags ...string) (p *program, end func(os.Signal)) {
	t.Helper()
	how := os.Signal(syscall.SIGTERM)
	started := webtest.Start(t, func(ctx context.Context, stdout, stderr io.Writer) error {
		c := exec.CommandContext(ctx, os.Args[0], serveArgs(data, flags)...)
		c.Env = append(os.Environ(), asProgram+"=yes", "SSL_CERT_FILE="+roots)
		c.Stdout, c.Stderr = stdout, stderr
		c.Cancel = func() error { return c.Process.Signal(how) }
		err := c.Run()
		if ctx.Err() != nil && c.ProcessState != nil && c.ProcessState.Success() == (how == syscall.SIGTERM) {
			return nil
		}
		return err
	})
	return &program{Program: started, data: data, db: open(t, data)}, func(with os.Signal) {
		t.Helper()
		how = with
		if err := started.Stop(); err != nil {
			t.Errorf("%s: the program ended with %v", with, err)
		}
	}
}

// TestEmailsSurvive enqueues an email while the mail server is unavailable. The email is sent after the program was killed, or
// stopped, and started again, unchanged and only once. This file is for Linux, the only system where a
// process can be given other roots of trust.
func TestEmailsSurvive(t *testing.T) {
	for name, data := range backends {
		for _, how := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
			t.Run(name+", "+how.String(), func(t *testing.T) {
				t.Parallel()
				emailsSurvive(t, data(t), how)
			})
		}
	}
}

func emailsSurvive(t *testing.T, data []string, how os.Signal) {
	ops, s := closedPort(t), &mailtest.Server{Addr: closedPort(t), Mechanisms: []string{"PLAIN"}}
	s.Certify(t)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, s.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--smtp-url=smtp://portal:canary-pass%20word@" + s.Addr, "--mail-from=no-reply@portal.test", "--ops-addr=" + ops}

	p, end := process(t, data, roots, flags...)
	email := webtest.Email()
	p.Client(t).Post("/signup", "name", "Ada Lovelace", "email", email, "password", webtest.Password).Want(http.StatusSeeOther)
	var id string
	p.ask(t, `SELECT id FROM letters`, nil, &id)
	webtest.Until(t, "an attempt that failed", func() bool {
		var tried bool
		p.ask(t, `SELECT due_at > created_at AND attempts = 1 FROM letters`, nil, &tried)
		return tried
	})
	counts := counters(t, ops)
	if !strings.Contains(counts, "\ngatehouse_letters_waiting 1\n") || !strings.Contains(counts, "\ngatehouse_letters_given_up_total 0\n") {
		t.Errorf("got no emails in the metrics:\n%s", counts)
	}
	end(how)

	s.Start(t)
	p.change(t, `UPDATE letters SET due_at = $1`, time.Now().UTC()) // the pause is over
	again, end := process(t, data, roots, flags...)
	webtest.Until(t, "an email at the mail server", func() bool { return len(s.Emails()) > 0 })
	webtest.Until(t, "no email in the outbox", func() bool {
		var n int
		again.ask(t, `SELECT count(*) FROM letters`, nil, &n)
		return n == 0
	})
	got := s.Emails()
	m := got[0].Message(t)
	if len(got) != 1 || got[0].To != email || m.Header.Get("Message-Id") != "<"+id+"@portal.test>" {
		t.Errorf("got %d emails, to %s with %v, want one to %s with the id %s", len(got), got[0].To, m.Header, email, id)
	}
	_, link, _ := strings.Cut(m.Text, "/email/confirm/")
	link, _, _ = strings.Cut(link, "\n")
	// The portal of the first start was at another port, and so is the link: only its path counts.
	again.Client(t).Post("/email/confirm/" + link).Leads("/login?confirmed=yes")
	end(syscall.SIGTERM)
}

// counters reads them from the operator's listener, which may begin after the portal has said where it is.
func counters(t *testing.T, ops string) (counts string) {
	t.Helper()
	c := webtest.New(t, "http://"+ops)
	webtest.Until(t, "the metrics", func() bool {
		a, err := c.Try(c.Request(http.MethodGet, "/metrics"))
		if err == nil {
			counts = a.Want(http.StatusOK).Body
		}
		return err == nil
	})
	return counts
}
