package main

import (
	"bufio"
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
)

// process runs the portal in a process of its own, with other roots than the machine's, and says how to end it.
func process(t *testing.T, data []string, roots string, flags ...string) (p *program, end func(os.Signal)) {
	t.Helper()
	args := append(append([]string{"--addr=127.0.0.1:0", "--trusted-proxies=127.0.0.1"}, data...), flags...)
	p = &program{data: data, network: randomNetwork(), db: open(t, data)}
	var c *exec.Cmd
	for n := 1; p.origin == ""; n++ {
		var words strings.Builder
		c = exec.CommandContext(t.Context(), os.Args[0], args...)
		c.Env = append(os.Environ(), asProgram+"=yes", "SSL_CERT_FILE="+roots)
		c.Stderr = io.MultiWriter(t.Output(), &words)
		stdout, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for p.origin == "" && lines.Scan() {
			p.origin, _ = strings.CutPrefix(lines.Text(), "Gatehouse is at ")
		}
		if p.origin != "" {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
		} else if err := c.Wait(); n == startsAtMost || !strings.Contains(words.String(), redisLate) {
			t.Fatalf("the program ended with %v, want a portal:\n%s", err, &words)
		}
	}
	return p, func(how os.Signal) {
		t.Helper()
		_ = c.Process.Signal(how)
		if err := c.Wait(); (err == nil) != (how == syscall.SIGTERM) {
			t.Errorf("%s: the program ended with %v", how, err)
		}
	}
}

// TestLettersSurvive: a letter that was promised while the mail server was away leaves after the program was killed, or
// stopped, and started again. It is the same letter as before, and it leaves once. This file is for Linux, where alone a
// process can be given other roots of trust.
func TestLettersSurvive(t *testing.T) {
	for name, data := range backends {
		for _, how := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
			t.Run(name+", "+how.String(), func(t *testing.T) {
				t.Parallel()
				lettersSurvive(t, data(t), how)
			})
		}
	}
}

func lettersSurvive(t *testing.T, data []string, how os.Signal) {
	ops, s := closedPort(t), &mailtest.Server{Addr: closedPort(t), Mechanisms: []string{"PLAIN"}}
	s.Certify(t)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, s.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--smtp-url=smtp://portal:canary-pass%20word@" + s.Addr, "--mail-from=no-reply@portal.test", "--ops-addr=" + ops}

	p, end := process(t, data, roots, flags...)
	email := newEmail()
	p.client(t).post("/signup", "name", "Ada Lovelace", "email", email, "password", password).want(http.StatusSeeOther)
	var id string
	p.ask(t, `SELECT id FROM letters`, nil, &id)
	until(t, "an attempt that failed", func() bool {
		var tried bool
		p.ask(t, `SELECT due_at > created_at AND attempts = 1 FROM letters`, nil, &tried)
		return tried
	})
	metrics := &client{program: &program{origin: "http://" + ops}, t: t}
	if page := metrics.get("/metrics").want(http.StatusOK).body; !strings.Contains(page, "\ngatehouse_letters_waiting 1\n") ||
		!strings.Contains(page, "\ngatehouse_letters_given_up_total 0\n") {
		t.Errorf("got no letters in the metrics:\n%s", page)
	}
	end(how)

	s.Start(t)
	p.change(t, `UPDATE letters SET due_at = $1`, time.Now().UTC()) // the pause is over
	again, end := process(t, data, roots, flags...)
	until(t, "a letter at the mail server", func() bool { return len(s.Letters()) > 0 })
	until(t, "no letter that waits", func() bool {
		var n int
		again.ask(t, `SELECT count(*) FROM letters`, nil, &n)
		return n == 0
	})
	got := s.Letters()
	m := got[0].Message(t)
	if len(got) != 1 || got[0].To != email || m.Header.Get("Message-Id") != "<"+id+"@portal.test>" {
		t.Errorf("got %d letters, to %s with %v, want one to %s with the id %s", len(got), got[0].To, m.Header, email, id)
	}
	_, link, _ := strings.Cut(m.Text, "/email/confirm/")
	link, _, _ = strings.Cut(link, "\n")
	// The portal of the first start was at another port, and so is the link: only its path counts.
	again.client(t).post("/email/confirm/" + link).location("/login?confirmed=yes")
	end(syscall.SIGTERM)
}
