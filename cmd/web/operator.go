package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/config"
)

type migrateCommand struct{}

func (migrateCommand) Run(s surroundings, flags *config.Flags) error {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	db, err := connectStore(s.ctx, c, logger(s, c))
	if err != nil {
		return err
	}
	if err := migrateOrClose(s.ctx, db); err != nil { // however long it takes: a start gives up sooner
		return err
	}
	fmt.Fprintln(s.stdout, "The database is up to date.")
	return db.Close()
}

type createUserCommand struct {
	Email         string `required:"" help:"Address the person signs in with."`
	Name          string `required:"" help:"What the pages call the person."`
	Role          string `enum:"member,support,admin" default:"member" help:"member, support or admin."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input. Without it one is made up and printed."`
	output
}

// A createdUser is an account that was made, for scripts.
type createdUser struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Role     string `json:"role"`
	Password string `json:"password,omitempty"` // that was made up
}

func (u createUserCommand) Run(s surroundings, flags *config.Flags) (err error) {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	password := auth.NewPassword()
	if u.PasswordStdin {
		line, err := bufio.NewReader(s.stdin).ReadString('\n')
		if password = strings.TrimRight(line, "\r\n"); password == "" {
			return errors.Join(errors.New("no password on standard input"), err)
		}
	}
	p, err := accountsAlone(s.ctx, c, logger(s, c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	user, err := p.accounts.CreateUser(s.ctx, u.Name, u.Email, password, u.Role)
	switch {
	case errors.Is(err, auth.ErrEmailTaken):
		return exitError{codeUnchanged, fmt.Errorf("%s has an account already", u.Email)}
	case errors.Is(err, auth.ErrEmail):
		return fmt.Errorf("%q is not an email address that emails can be sent to", u.Email)
	case err != nil:
		return err
	}
	made := createdUser{ID: user.ID, Email: user.Email, Role: user.Role}
	text := fmt.Sprintf("Made %s (%s).", user.Email, user.Role)
	if !u.PasswordStdin {
		made.Password = password
		text += "\nPassword: " + password
	}
	return u.say(s.stdout, made, "%s", text)
}

const seedEmail = "grace@example.com"

// seed makes the administrator of an empty development database and returns the password, "" when the database has
// accounts.
func seed(ctx context.Context, a *account.Service) (string, error) {
	if has, err := a.HasUsers(ctx); has || err != nil {
		return "", err
	}
	password := auth.NewPassword()
	_, err := a.CreateUser(ctx, "Grace Hopper", seedEmail, password, auth.RoleAdmin)
	if errors.Is(err, auth.ErrEmailTaken) {
		return "", nil // another instance was first
	}
	return password, err
}

type healthcheckCommand struct{}

// Run asks /readyz at the configured address. The certificate is not checked: it is made for the public name.
func (healthcheckCommand) Run(s surroundings, flags *config.Flags) error {
	c, _, err := flags.Settings()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if c.TLSCert != "" || c.ACMEDomain != "" {
		scheme = "https"
	}
	client := &http.Client{
		Timeout:   3 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: c.ACMEDomain}}, //nolint:gosec // see above
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return errors.New("the portal does not answer")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the portal is not ready: status %d", response.StatusCode)
	}
	return nil
}
