package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/store"
)

type doctorCommand struct {
	output
	MailTo string `placeholder:"ADDRESS" help:"Recipient that the mail server is asked about; it gets no email. The sender of emails when empty."`
}

// Help says what it does.
func (doctorCommand) Help() string {
	return "Looks at the settings and uses what they name as the portal does: the database, Redis, the mail server up to the recipient, the keys, and the portal itself " +
		"through its base URL. It changes nothing, sends no email, and prints no password and no key. Exit code 0: sound. 1: there is something to do, and it says what."
}

// States of a finding.
const (
	sound      = "ok"
	note       = "note"        // good to know
	notChecked = "not checked" // with what is missing
	problem    = "problem"     // with what to do
)

// A finding is what one check found.
type finding struct {
	About string `json:"about"`
	State string `json:"state"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

// A doctor collects findings.
type doctor struct {
	c        config.Settings
	flags    *config.Flags
	mailTo   string
	secrets  []string     // that are in nothing it says
	sealer   *seal.Sealer // nil as long as no key is known
	db       *store.Store // nil while it cannot be used
	s        surroundings
	findings []finding
}

func (d *doctor) add(about, state, do, format string, args ...any) {
	says := fmt.Sprintf(format, args...)
	for _, secret := range d.secrets {
		says = strings.ReplaceAll(says, secret, "(hidden)")
	}
	says = device.Printable(strings.Join(strings.Fields(says), " "))
	d.findings = append(d.findings, finding{about, state, says, do})
}

func (d *doctor) ok(about, format string, args ...any) { d.add(about, sound, "", format, args...) }

func (d *doctor) problem(about, do, format string, args ...any) {
	d.add(about, problem, do, format, args...)
}

func (c doctorCommand) Run(s surroundings, flags *config.Flags) error {
	d := &doctor{s: s, flags: flags, mailTo: c.MailTo}
	d.settings()
	if d.c.Env != "" { // they could be read
		d.examine(s.ctx)
	}
	return c.report(s.stdout, d.findings)
}

// examine makes the checks that need settings.
func (d *doctor) examine(ctx context.Context) {
	d.files()
	d.database(ctx)
	d.keys(ctx)
	d.redis(ctx)
	d.mail(ctx)
	d.cookies()
	d.request(ctx)
	if d.db != nil {
		if err := d.db.Close(); err != nil {
			d.add("database", note, "", "it did not say goodbye: %v", err)
		}
	}
}

// settings looks at the settings without using them.
func (d *doctor) settings() {
	c, warnings, err := d.flags.Settings()
	d.secrets = secretsOf(c)
	for _, warning := range warnings {
		d.add("settings", note, "", "%s", warning)
	}
	if err == nil {
		err = readable(c)
	}
	if err == nil {
		d.c = c
		d.ok("settings", "they fit together, for %s", c.Env)
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		d.problem("settings", "correct the setting: web --help explains it", "%s", line)
	}
}

func (c doctorCommand) report(w io.Writer, findings []finding) error {
	problems := 0
	for _, f := range findings {
		if f.State == problem {
			problems++
		}
		if c.JSON {
			if err := json.NewEncoder(w).Encode(f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%-11s  %-9s  %s\n", f.State, f.About, f.Says)
		if f.Do != "" {
			fmt.Fprintf(w, "%-11s  %-9s  -> %s\n", "", "", f.Do)
		}
	}
	if problems > 0 {
		return fmt.Errorf("things to do: %d", problems)
	}
	return nil
}
