package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

type restoreCommand struct {
	File    string `arg:"" optional:"" help:"Backup to restore."`
	Replace bool   `help:"Put it in the place of a database file that is there. That one is kept under another name."`
	Loaded  bool   `help:"The backup is in the database already, such as by pg_restore: only end what was used up since."`
	orderFlag
	output
}

// Help says what ends, and why.
func (restoreCommand) Help() string {
	return "Stop every instance first. A copy cannot know what was used up after it was made, so every session ends, and void are: the links of emails, " +
		"emails that wait, sign-ins and sign-ups that are not finished, recovery codes, and the present code of authenticator apps. People are told on their " +
		"activity page and in an email. Of PostgreSQL the command that empties the schema, whatever is in it, and loads the file is printed; after it run: " +
		"web restore --loaded, before the portal serves."
}

// A restored is what became of a backup, for scripts.
type restored struct {
	File     string `json:"file,omitempty"`
	Kept     string `json:"kept,omitempty"` // where the database from before is now
	Operator string `json:"operator,omitempty"`
	Ended    int    `json:"sessions_ended"`
	Command  string `json:"command,omitempty"` // that loads the file
}

func (r restoreCommand) Run(s surroundings, flags *config.Flags) error {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	place, isFile := store.File(c.DatabaseURL)
	switch {
	case (r.File == "") != r.Loaded:
		return exitError{codeUsage, errors.New("name the backup, or say --loaded")}
	case r.Loaded:
		if _, err := os.Stat(place); isFile && err != nil { // opening it would make one
			return exitError{codeNotFound, fmt.Errorf("%s: there is no file %s", brand.Env("DATABASE_URL"), place)}
		}
		ended, err := r.afterRestore(s, c)
		if err != nil {
			return err
		}
		return r.say(s.stdout, ended, "Sessions ended: %d. The portal can serve.", ended.Ended)
	case !isFile:
		return r.sayCommand(s, c)
	}
	return r.restoreFile(s, c, place)
}

// afterRestore looks whether the database is one of this program whose keys are there, brings it up to date, and ends what was
// used up since.
func (r restoreCommand) afterRestore(s surroundings, c config.Settings) (done restored, err error) {
	if done.Operator, err = r.by(); err != nil {
		return done, err
	}
	log := logger(s, c)
	db, err := connectStore(s.ctx, c, log)
	if err != nil {
		return done, err
	}
	p := &parts{store: db}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := isOurs(s.ctx, db, c); err != nil {
		return done, err
	}
	if _, err := db.Migrate(s.ctx); err != nil {
		return done, err
	}
	if p.sealer, err = sealing(s.ctx, db, c, log); err != nil {
		return done, err
	}
	p.people(c, log)
	emails := mail.Composer{Base: c.BaseURL.String()}
	did := admin.ByRole(admin.RoleOperator) + " " + admin.Did(admin.Restore, "", "")
	o := admin.Order{Operator: done.Operator, Reason: r.Reason}
	done.Ended, err = p.admin.AfterRestore(s.ctx, o, func(u auth.User, reason string) (mail.Row, error) {
		return mail.NewRow(p.sealer, emails.Administered(u.Email, u.Name, audit.Now(), did, reason).ToEverybody())
	})
	if errors.Is(err, admin.ErrHalfway) {
		return done, errors.Join(errors.New("not everything has ended: do it again before the portal serves"), err)
	}
	return done, err
}

// isOurs refuses a file that is damaged, or another program's.
func isOurs(ctx context.Context, db *store.Store, c config.Settings) error {
	if _, isFile := store.File(c.DatabaseURL); isFile {
		if err := db.Intact(ctx); err != nil {
			return err
		}
	}
	version, err := db.Applied(ctx)
	if err == nil && version == 0 {
		err = errors.New("this is no database of this program")
	}
	return err
}
