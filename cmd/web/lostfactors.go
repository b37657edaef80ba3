package main

import (
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/mail"
)

type removeFactorsCommand struct {
	Email string `required:"" help:"Address the person signs in with."`
}

// Run only enqueues the email; a running instance of the portal sends it.
func (c removeFactorsCommand) Run(s surroundings, flags *config.Flags) (err error) {
	settings, err := settings(s, flags)
	if err != nil {
		return err
	}
	p, err := accountsAlone(s.ctx, settings, logger(s, settings))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	user, ended, err := p.accounts.RemoveFactors(s.ctx, c.Email)
	if errors.Is(err, audit.ErrNotFound) {
		return fmt.Errorf("%s has no account with a second factor", c.Email)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Removed the second factors of %s. Sessions ended: %d.\n", user.Email, ended)
	if user.IsDemo() {
		return nil
	}
	emails := mail.Composer{Base: settings.BaseURL.String()}
	return mail.Enqueue(s.ctx, p.store, p.sealer, emails.FactorsRemoved(user.Email, user.Name, time.Now()))
}
