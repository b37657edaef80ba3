package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/lab"
)

// openLabs listens for the weak twin of the labs: on this machine alone, whatever the portal's address is.
func openLabs(ctx context.Context, c config.Settings) (*lab.Labs, net.Listener, error) {
	if !c.Labs {
		return nil, nil, nil
	}
	if c.Production() { // the settings have refused it before
		return nil, nil, errors.New("labs are not for production")
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("the twin of the labs: %w", err)
	}
	return lab.New("http://" + twinHost(c.BaseURL.Hostname(), listener.Addr().String())), listener, nil
}

// twinHost is the address under the name of this machine that the portal does not have: cookies are kept by host, not by port, so
// neither gets those of the other.
func twinHost(portal, address string) string {
	host, port, _ := net.SplitHostPort(address)
	if portal == host {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// closeTwin closes a listener that nobody serves yet, if there is one.
func closeTwin(twin net.Listener) error {
	if twin == nil {
		return nil
	}
	return twin.Close()
}

// serveLabs serves the twin until the context ends. Nobody waits for what is under way there.
func serveLabs(ctx context.Context, listener net.Listener, labs *lab.Labs, log *slog.Logger) error {
	srv := server(labs.Twin(), log)
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// announceLabs prints where they are, and the code with which a teacher sees who solved what.
func announceLabs(s surroundings, c config.Settings, labs *lab.Labs) {
	if labs != nil {
		fmt.Fprintf(s.stdout, "Labs: %s/labs, on this machine alone. Their weak twin is served by %s\n", c.Origin(), labs.Origin)
		fmt.Fprintf(s.stdout, "For a class: %s/labs/class, code %s (shown only now)\n", c.Origin(), labs.Code)
	}
}
