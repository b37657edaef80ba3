package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"unicode/utf8"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/device"
)

// An accountFlag names one account.
type accountFlag struct {
	Email string `xor:"account" required:"" placeholder:"ADDRESS" help:"Address the person signs in with."`
	ID    string `name:"id" xor:"account" required:"" placeholder:"ID" help:"Id of the account, in place of the address."`
}

// find returns the account.
func (a accountFlag) find(ctx context.Context, p *parts) (u auth.User, err error) {
	if a.ID != "" {
		u, err = p.admin.Person(ctx, a.ID)
	} else {
		u, err = p.auth.LookUp(ctx, a.Email)
	}
	return u, refusal(err)
}

// An orderFlag is why something is done, and by whom.
type orderFlag struct {
	Reason   string `required:"" placeholder:"TEXT" help:"Why. The person reads it, on their activity page and in an email."`
	Operator string `env:"${prefix}OPERATOR" placeholder:"NAME" help:"Who does it, for the events. The name of the login when empty."`
}

// maxOperator is how long a name may be, in code points.
const maxOperator = 64

// by is the name of the operator. That of whoever became another user by sudo says more than that user's.
func (o orderFlag) by() (string, error) {
	name := o.Operator
	if name == "" {
		name = os.Getenv("SUDO_USER")
	}
	if name == "" {
		if u, err := user.Current(); err == nil {
			name = u.Username
		}
	}
	if name = strings.Join(strings.Fields(device.Printable(name)), " "); name == "" || utf8.RuneCountInString(name) > maxOperator {
		return "", fmt.Errorf("say with --operator who does it, in at most %d characters", maxOperator)
	}
	return name, nil
}

// withAccounts runs do on the services for accounts.
func withAccounts(s surroundings, flags *config.Flags, do func(c config.Settings, p *parts) error) (err error) {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	p, err := accountsAlone(s.ctx, c, logger(s, c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return do(c, p)
}
