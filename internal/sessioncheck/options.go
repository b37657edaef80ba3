package sessioncheck

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options say what is scanned, as whom, and how far a scan may go.
type Options struct {
	Target         string
	User, Password string
	Other, OtherPW string // a second account
	Given          string // a session that exists already, as the Cookie header has it; nobody signs in then
	Profile        Profile
	Allow          []string // of what changes data: see Allowable
	MaxWait        time.Duration
	MaxTime        time.Duration // for everything
	MaxRequests    int
	Rate           float64 // requests in a second, 0 for no bound
	Authorised     bool    // the target may be another machine

	Transport http.RoundTripper // nil for the network
	Progress  func(done, all int, id string)
}

// Allowable are the acts that change data of the account, so that each has to be allowed by name.
var Allowable = []string{"password-change", "sign-out-everywhere", "one-use"}

func (o *Options) allows(act string) bool { return slices.Contains(o.Allow, act) }

// check fills in what was left out and returns the address of the target.
func (o *Options) check() (*url.URL, error) {
	target := o.Target
	if !strings.Contains(target, "://") {
		target = "http://" + target
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, fmt.Errorf("the target has to be an address such as http://localhost:8080, without a name or password in it")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if !isLoopback(u.Hostname()) && !o.Authorised {
		return nil, fmt.Errorf("%s is another machine: scan only what you may test, and say so with --i-am-authorised", u.Hostname())
	}
	for _, act := range o.Allow {
		if !slices.Contains(Allowable, act) {
			return nil, fmt.Errorf("--allow: %q is none of %s", act, list(Allowable))
		}
	}
	if o.User == "" && o.Given == "" {
		return nil, fmt.Errorf("name a test account with --user, and its password with --password or SESSIONCHECK_PASSWORD")
	}
	if o.MaxTime == 0 {
		o.MaxTime = 5*time.Minute + o.MaxWait
	}
	if o.MaxRequests == 0 {
		o.MaxRequests = 1500
	}
	return u, nil
}

// isLoopback is for the names that lead nowhere but here, and looks none up.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
