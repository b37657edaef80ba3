// Command sessioncheck scans the session handling of a running web application from outside and says what is wrong with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"example.com/gatehouse/internal/sessioncheck"
)

const description = `sessioncheck signs in to a running web application and says what is wrong with its sessions, with evidence.

Scan only what you may test. It ends with 0 for sound, 1 for findings, 2 where it could not tell what matters, 3 if nobody could be signed in.`

// flags are the command line: what kong reads, and what --help explains.
type flags struct {
	URL string `arg:"" help:"Address of the application, such as http://localhost:8080."`

	User      string `help:"Name of a test account."`
	Password  string `env:"SESSIONCHECK_PASSWORD" help:"Its password; better given in the variable."`
	User2     string `help:"Name of a second test account, for checks that compare accounts: there is none yet."`
	Password2 string `env:"SESSIONCHECK_PASSWORD2" help:"Its password."`
	SSOCookie string `name:"sso-cookie" env:"SESSIONCHECK_COOKIE" help:"A session that exists already, as the Cookie header has it; nobody signs in then. Better given in the variable."`
	Login     string `placeholder:"PATH" help:"Page with the sign-in form, if it is not found."`
	Private   string `placeholder:"PATH" help:"Page that only who is signed in can see, if it is not found."`
	Logout    string `placeholder:"\"METHOD PATH\"" help:"Request that signs out, if it is not found."`
	Profile   string `type:"existingfile" placeholder:"FILE" help:"What else is known of the application, in YAML."`

	ReadOnly      bool          `default:"true" negatable:"" help:"Change no data of the account but what --allow names."`
	Allow         []string      `help:"Acts that change data: password-change, sign-out-everywhere, one-use."`
	MaxWait       time.Duration `default:"60s" help:"How long to wait in all for sessions to end."`
	Rate          float64       `default:"20" help:"Requests in a second, at most."`
	MaxRequests   int           `default:"1500" help:"Requests in all, at most."`
	IAmAuthorised bool          `name:"i-am-authorised" help:"The target is another machine, and you may test it."`

	JSON     string `name:"json" placeholder:"FILE" help:"Write the report as JSON; - for standard output."`
	HTML     string `name:"html" placeholder:"FILE" help:"Write the report as a page."`
	SARIF    string `name:"sarif" placeholder:"FILE" help:"Write the report as SARIF 2.1.0."`
	JUnit    string `name:"junit" placeholder:"FILE" help:"Write the report as JUnit."`
	Baseline string `type:"existingfile" placeholder:"FILE" help:"An earlier report as JSON, whose findings are left out."`
	Quiet    bool   `short:"q" help:"Write no progress."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}

var errHelp = errors.New("help was asked for")

// badUse is the exit code of a command line that cannot be read, apart from those of a report.
const badUse = 64

// run scans and returns the exit code.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) (code int) {
	var f flags
	parser, err := kong.New(&f, kong.Name("sessioncheck"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}), kong.Exit(func(int) { panic(errHelp) }))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return badUse
	}
	defer func() {
		if v := recover(); v == errHelp { //nolint:errorlint // the value itself is the signal
			code = 0
		} else if v != nil {
			panic(v)
		}
	}()
	if _, err := parser.Parse(args); err != nil {
		fmt.Fprintln(stderr, "sessioncheck:", err)
		return badUse
	}
	report, err := f.scan(ctx, stderr)
	if err == nil {
		err = f.write(report, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "sessioncheck:", err)
		return badUse
	}
	return report.ExitCode()
}

// scan runs the scan that the flags ask for.
func (f *flags) scan(ctx context.Context, stderr io.Writer) (*sessioncheck.Report, error) {
	o := sessioncheck.Options{
		Target: f.URL, User: f.User, Password: f.Password, Other: f.User2, OtherPW: f.Password2, Given: f.SSOCookie,
		Allow: f.Allow, MaxWait: f.MaxWait, MaxRequests: f.MaxRequests, Rate: f.Rate, Authorised: f.IAmAuthorised,
	}
	if !f.ReadOnly {
		o.Allow = sessioncheck.Allowable
	}
	if f.Profile != "" {
		file, err := os.Open(f.Profile)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if o.Profile, err = sessioncheck.ReadProfile(file); err != nil {
			return nil, err
		}
	}
	if f.Login != "" {
		o.Profile.Login = f.Login
	}
	if f.Private != "" {
		o.Profile.Private = f.Private
	}
	if f.Logout != "" {
		o.Profile.Logout = sessioncheck.Act{Request: f.Logout}
	}
	if !f.Quiet && isTerminal(stderr) {
		began := time.Now()
		o.Progress = func(done, all int, id string) { progress(stderr, began, done, all, id) }
		defer fmt.Fprint(stderr, "\r", strings.Repeat(" ", progressWidth), "\r")
	}
	return sessioncheck.Run(ctx, o)
}

const progressWidth = 60

// progress says how far the scan is and how long the rest takes if it goes on as before.
func progress(w io.Writer, began time.Time, done, all int, id string) {
	text := fmt.Sprintf("%d of %d  %s", done+1, all, id)
	if done > 0 {
		left := time.Since(began) * time.Duration(all-done) / time.Duration(done)
		text += fmt.Sprintf(", about %v left", left.Round(time.Second))
	}
	fmt.Fprintf(w, "\r%-*s", progressWidth, text)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
