package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// TestStopFinishesRequests stops the portal while a sign-in is on its way in. The portal answers it, takes no other
// connection, and ends without an error.
func TestStopFinishesRequests(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t))
	email := p.account(t, "Ada Lovelace")
	host := strings.TrimPrefix(p.Origin, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(webtest.Patience))
	form := url.Values{"email": {email}, "password": {webtest.Password}}.Encode()
	fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n"+
		"Expect: 100-continue\r\n\r\n", host, len(form))
	answer := bufio.NewReader(conn)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v, want the portal to wait for the form", line, err)
	}
	_, _ = answer.ReadString('\n')

	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop() }()
	webtest.Until(t, "a closed door", func() bool {
		other, err := net.Dial("tcp", host)
		if err == nil {
			_ = other.Close()
		}
		return err != nil
	})
	select {
	case err := <-stopped:
		t.Fatalf("run returned %v before the request was answered", err)
	default:
	}
	if _, err := io.WriteString(conn, form); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/account" {
		t.Errorf("got %s to %q, want the sign-in to succeed", response.Status, response.Header.Get("Location"))
	}
	if err := <-stopped; err != nil {
		t.Errorf("run: got %v, want nil", err)
	}
}

// TestRefusesToStart names the setting that is to blame in one sentence each, and no secret.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	const secret = "sesame-and-barley"
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	closed := closedPort(t)
	for name, c := range map[string]struct {
		args []string
		want []string // the beginnings of the lines
	}{
		"database unavailable": {[]string{"--database-url=postgres://gate:" + secret + "@" + closed + "/gate"}, []string{"GATEHOUSE_DATABASE_URL: the database does not answer"}},
		"database file":        {[]string{"--database-url=sqlite:" + t.TempDir() + "/missing/gate.db"}, []string{"GATEHOUSE_DATABASE_URL: the database file cannot be used"}},
		"database not up to date": {
			[]string{"--database-url=sqlite:" + t.TempDir() + "/new.db", "--migrate=off"}, []string{"GATEHOUSE_DATABASE_URL: the database is not up to date"},
		},
		"address taken": {append(onSQLite(t), "--addr="+taken.Addr().String()), []string{"GATEHOUSE_ADDR: "}},
		"several mistakes": {
			[]string{"--addr=nowhere", "--database-url=mysql://root:" + secret + "@db/gate", "--session-idle=soon", "--keys=" + secret, "--profile=vault"},
			[]string{"GATEHOUSE_ADDR: ", "GATEHOUSE_DATABASE_URL: ", "GATEHOUSE_PROFILE: ", "GATEHOUSE_SESSION_IDLE: ", "GATEHOUSE_KEYS: "},
		},
		"production of a laptop": {
			append(onSQLite(t), "--env=production"), []string{"GATEHOUSE_BASE_URL: ", "GATEHOUSE_KEYS: ", "GATEHOUSE_SMTP_URL: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), webtest.Patience)
			defer cancel()
			var out strings.Builder
			err := run(surroundings{ctx, strings.NewReader(""), &out, &out}, append([]string{"--addr=127.0.0.1:0"}, c.args...))
			if err == nil {
				t.Fatal("run: got nil, want an error")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Errorf("got %d sentences, want %d:\n%s", len(lines), len(c.want), err)
			}
			for _, want := range c.want {
				if !strings.Contains("\n"+err.Error(), "\n"+want) {
					t.Errorf("no sentence begins with %q:\n%s", want, err)
				}
			}
			if strings.Contains(err.Error()+out.String(), secret) {
				t.Errorf("a secret was printed:\n%s\n%s", err, &out)
			}
			if strings.Contains(out.String(), "Gatehouse is at") {
				t.Errorf("said where to go:\n%s", &out)
			}
		})
	}
}
