package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/sync/errgroup"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
)

// After the signal to stop, requests under way have stopWithin to finish, and due emails and open connections
// closeWithin: ten seconds in all.
const (
	stopWithin  = 8 * time.Second
	closeWithin = 2 * time.Second
)

type serveCommand struct{}

func (serveCommand) Run(s surroundings, flags *config.Flags) error {
	err := serveUntilStopped(s, flags)
	if s.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop while it was starting
	}
	return err
}

func serveUntilStopped(s surroundings, flags *config.Flags) error {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	log := logger(s, c)
	p, err := build(s.ctx, c, log)
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(s.ctx, "tcp", c.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", brand.Env("ADDR"), err), p.close())
	}
	c = c.Listening(listener.Addr().(*net.TCPAddr).Port)
	labs, twin, err := openLabs(s.ctx, c)
	if err != nil {
		return errors.Join(err, listener.Close(), p.close())
	}
	p.labs = labs
	var (
		f       *figures
		observe func(route, method string, status int, took time.Duration)
	)
	if c.OpsAddr != "" { // nobody asks for them otherwise
		f = newFigures(p)
		observe = f.observe
	}
	g, ctx := errgroup.WithContext(s.ctx)
	handler, err := p.handler(ctx, c, log, observe)
	if err == nil {
		err = welcome(s, p.accounts, c)
	}
	if err != nil {
		return errors.Join(err, listener.Close(), closeTwin(twin), p.close())
	}
	announceLabs(s, c, labs)

	g.Go(func() error { return serve(ctx, server(answerDoctor(handler, p.sealer, c), log), listener, c) })
	for _, part := range p.sweeps() {
		succeeded := func() {}
		if f != nil {
			succeeded = f.sweepAge(part.name)
		}
		g.Go(func() error { sweep(ctx, c.SweepEvery, log, part, succeeded); return nil })
	}
	if labs != nil {
		g.Go(func() error { return serveLabs(ctx, twin, labs, log) })
	}
	if f != nil {
		g.Go(func() error { return serveOps(ctx, c.OpsAddr, f.page(), p.reasons, log) })
	}
	return errors.Join(g.Wait(), p.close())
}

// welcome makes the administrator of an empty development database and prints the URL to open. Production refuses a
// database that has this administrator.
func welcome(s surroundings, a *account.Service, c config.Settings) error {
	if c.Production() {
		seeded, err := a.HasUser(s.ctx, seedEmail)
		if err != nil {
			return err
		}
		if seeded {
			return errors.New(brand.Env("DATABASE_URL") + ": this is a development database: its administrator, " +
				seedEmail + ", is in it. Give production one of its own")
		}
		announce(s, c)
		return nil
	}
	announce(s, c)
	seeded, err := seed(s.ctx, a)
	if err != nil {
		return err
	}
	there, err := a.HasUser(s.ctx, seedEmail)
	if err != nil {
		return err
	}
	if seeded != "" {
		fmt.Fprintf(s.stdout, "Administrator: %s, password %s (shown only now)\n", seedEmail, seeded)
	} else if there { // an operator may have made the account, or changed it: nothing more is known of it
		fmt.Fprintf(s.stdout, "%s has an account here already\n", seedEmail)
	}
	if c.DevMail() {
		fmt.Fprintf(s.stdout, "Emails: %s/dev/mail\n", c.Origin())
	}
	return nil
}

func announce(s surroundings, c config.Settings) {
	fmt.Fprintf(s.stdout, "%s is at %s\n", brand.Name, c.Origin())
	if c.Demo {
		fmt.Fprintf(s.stdout, "Try the demo: %s/\n", c.Origin())
	}
}

// server bounds what one client can hold: headers, body and answer each have their time.
func server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      40 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// serve answers until the context ends, and for STOP_DELAY more. Then it stops accepting and lets requests finish.
func serve(ctx context.Context, srv *http.Server, listener net.Listener, c config.Settings) error {
	failed := make(chan error, 1)
	go func() {
		switch {
		case c.ACMEDomain != "":
			m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(c.ACMEDomain), Cache: autocert.DirCache("acme")}
			srv.TLSConfig = m.TLSConfig()
			failed <- srv.ServeTLS(listener, "", "")
		case c.TLSCert != "":
			failed <- srv.ServeTLS(listener, c.TLSCert, c.TLSKey)
		default:
			failed <- srv.Serve(listener)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-failed:
		return err
	case <-time.After(c.StopDelay):
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := srv.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop: requests did not finish within %s", stopWithin), srv.Close())
	}
	return nil
}

// sweepWithin ends a sweep whose server has gone without a word; the next one takes up what it left.
const sweepWithin = 2 * time.Minute

// sweep sweeps regularly until the context ends. A failure is logged, and it is done again the next time.
func sweep(ctx context.Context, every time.Duration, log *slog.Logger, part sweepPart, succeeded func()) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			bounded, cancel := context.WithTimeout(ctx, sweepWithin)
			err := part.do(bounded)
			cancel()
			switch {
			case err == nil:
				succeeded()
			case ctx.Err() == nil:
				log.ErrorContext(ctx, "sweep", "of", part.name, "err", err)
			}
		}
	}
}
