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

// Run leaves the letter to the portal: it is a row like any other, and an instance that runs takes it.
func (c removeFactorsCommand) Run(s surroundings, flags *config.Flags) error {
	settings, err := settings(s, flags)
	if err != nil {
		return err
	}
	db, err := openStore(s.ctx, settings)
	if err != nil {
		return err
	}
	defer db.Close()
	sealer, err := sealing(s.ctx, db, settings)
	if err != nil {
		return err
	}
	user, ended, err := authService(db, sealer, settings, logger(s, settings)).RemoveFactors(s.ctx, c.Email)
	if errors.Is(err, audit.ErrNotFound) {
		return fmt.Errorf("%s has no account with a second step", c.Email)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Removed every second step of %s. Sessions ended: %d.\n", user.Email, ended)
	if user.IsDemo() {
		return nil
	}
	letters := mail.Letters{Base: settings.BaseURL.String()}
	return mail.Leave(s.ctx, db, sealer, letters.FactorsRemoved(user.Email, user.Name, time.Now()))
}
