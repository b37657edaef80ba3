// Command web is the portal and its operator's commands. It builds the parts, hands each to the next, and serves.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/geo"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

const description = brand.Name + ` is a reference account portal: it shows how a signed-in session should be handled.

Without any setting it runs on a laptop with an SQLite file. Every flag can be given as an environment variable.

Commands end with 0 when it is done, 1 when it failed, 2 when the command line cannot be read, 3 when the account or session is not
there, 4 when it was so already and nothing was changed. What went wrong is on standard error. With --json a command writes JSON: one
object, or one a line in a list. Files that a command makes are readable by their owner alone.`

// commands is the command line: what kong reads, and what --help explains.
type commands struct {
	config.Flags

	Serve       serveCommand       `cmd:"" default:"withargs" help:"Serve the portal. This is what web does without a command."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database up to date and stop. Serving does the same at its start."`
	Config      configCommand      `cmd:"" help:"Print the effective settings, secrets hidden, or everything that is wrong with them."`
	User        userCommands       `cmd:"" help:"Accounts, for an operator."`
	Sessions    sessionsCommands   `cmd:"" help:"Sessions, for an operator."`
	Events      eventsCommands     `cmd:"" help:"Events of accounts, for an operator."`
	Keys        keysCommands       `cmd:"" help:"The keys that seal what is stored, for an operator."`
	Backup      backupCommand      `cmd:"" help:"Copy the database into a file, while the portal serves. Of PostgreSQL it says the command that does."`
	Restore     restoreCommand     `cmd:"" help:"Put a backup in the place of the database, and end what was used up since it was made."`
	Doctor      doctorCommand      `cmd:"" help:"Look for what is wrong with the settings and with what they name, and say what to do."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the portal at this address whether it can serve people; for container health checks."`
	Version     versionCommand     `cmd:"" help:"Say which program this is: version, revision, and the version of the tables it works on."`
}

// surroundings are the context and streams of a command, so that tests can replace them.
type surroundings struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(surroundings{ctx, os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(exitCode(err)) //nolint:gocritic // stop has run
	}
}

// errHelp ends the program after --help.
var errHelp = errors.New("help was asked for")

// run reads and executes the command line. Its error is for the operator: whole sentences without secrets.
func run(s surroundings, args []string) (err error) {
	var c commands
	parser, err := kong.New(&c, kong.Name("web"), kong.Description(description), config.Vars(), kong.Writers(s.stdout, s.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(int) { panic(errHelp) }))
	if err != nil {
		return err
	}
	defer func() {
		if v := recover(); v == errHelp { //nolint:errorlint // the value itself is the signal
			err = nil
		} else if v != nil {
			panic(v)
		}
	}()
	chosen, err := parser.Parse(args)
	if err != nil {
		return exitError{codeUsage, err}
	}
	err = chosen.Run(s, &c.Flags)
	if s.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fmt.Errorf("told to stop before it was done: %w", err)
	}
	return err
}

// settings checks the configuration and prints warnings for the operator. Every command calls it, so that what "web config"
// accepts is what a start accepts.
func settings(s surroundings, flags *config.Flags) (config.Settings, error) {
	checked, warnings, err := flags.Settings()
	for _, warning := range warnings {
		fmt.Fprintln(s.stderr, "warning:", warning)
	}
	if err == nil {
		err = readable(checked)
	}
	return checked, err
}

// readable asks those who will use the settings whether they can. It connects to nothing.
func readable(c config.Settings) error {
	var errs []error
	if err := store.CheckURL(c.DatabaseURL); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", brand.Env("DATABASE_URL"), err))
	}
	if _, err := mail.NewSMTP(c.SMTPURL, c.MailFrom.String()); err != nil && !c.DevMail() {
		errs = append(errs, fmt.Errorf("%s or %s: %w", brand.Env("SMTP_URL"), brand.Env("MAIL_FROM"), err))
	}
	if _, err := auth.NewPasskeys(nil, &c.BaseURL); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", brand.Env("BASE_URL"), err))
	}
	if _, err := geo.Open(c.GeoDatabase); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", brand.Env("GEO_DATABASE"), err))
	}
	return errors.Join(errs...)
}

// logger writes to stderr in the configured format.
func logger(s surroundings, c config.Settings) *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.stderr, nil))
	}
	return slog.New(slog.NewTextHandler(s.stderr, nil))
}

type configCommand struct{}

func (configCommand) Run(s surroundings, flags *config.Flags) error {
	checked, err := settings(s, flags)
	if err != nil {
		return err
	}
	checked.Print(s.stdout)
	return nil
}
