// Package handlers is the web side of the portal: routes, guards, forms and pages. It asks session who
// is signed in, bag for the values of a browser, and auth for proofs; it knows neither the database nor where the settings come
// from.
package handlers

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/live"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

// Options are the parts a portal is made of, and what people are told about its limits.
type Options struct {
	Database Database
	Auth     *auth.Service
	Sessions *session.Service
	Accounts *account.Service
	Rows     SessionRows
	Admin    *admin.Service
	Demos    *demo.Service
	Audit    *audit.Trail
	Billing  *billing.Service
	Bag      *bag.Manager
	Drafts   *draft.Drafts
	Acts     *act.Acts
	Passkeys *auth.Passkeys
	Guard    *guard.Guard
	Live     *live.Hub
	Outbox   *mail.Outbox
	Mailbox  *mail.Mailbox `missing:"ok"` // the development mailbox; nil leaves /dev/mail out
	Labs     *lab.Labs     `missing:"ok"` // nil leaves the labs out
	Log      *slog.Logger
	Demo     bool // visitors are offered an account to try

	Development bool // answers are given on this machine alone, and under the base URL

	BaseURL  *url.URL          // scheme and host
	HSTS     time.Duration     // how long browsers remember to come by https
	Warning  time.Duration     // how long before its end a session warns
	Proxies  forwarded.Proxies // who is believed about the address of a client
	NotesOff bool              // margin notes are hidden, and nobody is offered them

	// Country names the country of an address, "" where it is not known; nil knows none.
	Country func(ip string) string
	// Ready says what keeps people from being served, and what they can be served without. Nil asks the database alone.
	Ready func(context.Context) (broken, missing error)
	// After does something after a while; nil is time.AfterFunc.
	After func(time.Duration, func())
	// Stopping reports whether the portal was told to stop; nil for never.
	Stopping func() bool
	// Extend adds routes that exist in tests only; nil for none.
	Extend func(Extension)
	// Observe is told the route, status and duration of every request; nil for nobody.
	Observe func(route, method string, status int, took time.Duration)
}

// A Database says how it is. What is in it is asked for by others.
type Database interface {
	// Current returns nil while the database answers and its tables are those of this program.
	Current(ctx context.Context) error
	// Refused reports whether an error is the database's condition and no mistake in what it was asked.
	Refused(err error) bool
}

// app is the portal. Its handlers answer or return an error, never both.
type app struct {
	Options
	emails mail.Composer
	pages  map[string]*template.Template

	routes    chi.Router           // the whole portal
	table     map[routeKey]*route  // what the lines of routes.go say
	lateForms map[string]*lateForm // by the pattern of the page that they stand on
	presses   presses

	proxyProblems sync.Map // those that were said in the log
}

// New returns the portal. It fails for a part that is missing, and for templates that do not parse.
func New(o Options) (http.Handler, error) {
	if part := o.missing(); part != "" {
		return nil, fmt.Errorf("handlers: Options.%s is missing: whoever builds the portal has to set it", part)
	}
	a, err := newApp(o)
	if err != nil {
		return nil, err
	}
	return a.router(), nil
}

// missing names a part that is needed and not there, "" for none.
func (o Options) missing() string {
	for field, part := range reflect.ValueOf(o).Fields() {
		if k := part.Kind(); (k == reflect.Interface || k == reflect.Pointer) && part.IsNil() && field.Tag.Get("missing") != "ok" {
			return field.Name
		}
	}
	return ""
}

func newApp(o Options) (*app, error) {
	pages, err := allPages()
	if err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	return &app{
		Options: o, emails: mail.Composer{Base: o.BaseURL.String()}, pages: pages, presses: presses{now: map[string]chan struct{}{}},
	}, nil
}

// https reports whether people reach the portal by TLS.
func (a *app) https() bool { return a.BaseURL.Scheme == "https" }
