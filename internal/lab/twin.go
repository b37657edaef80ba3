package lab

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Twin serves the twins of all labs, each below an address of its own. It answers nobody but this machine, and under no other
// name: a stranger's name that leads here could otherwise read it as its own (DNS rebinding).
func (l *Labs) Twin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		b := l.at(address)
		switch {
		case !isLoopback(r.RemoteAddr) || !l.isOurHost(r.Host) || address != "" && b == nil:
			http.NotFound(w, r)
		case b == nil:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write([]byte("This is the weak twin, made to be broken into. Each lab has one of its own: begin one at /labs of the portal.\n"))
		case r.URL.Path == "/"+address || r.URL.Path == "/"+address+"/":
			http.Redirect(w, r, "/"+address+b.Lab.Target, http.StatusSeeOther)
		default:
			// What a learner sends is the learner's, whatever is in the context of the server.
			b.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, you)))
		}
	})
}

func isLoopback(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// isOurHost takes the origin's port with any name of this machine.
func (l *Labs) isOurHost(host string) bool {
	ours, err := url.Parse(l.Origin)
	name, port, errHost := net.SplitHostPort(host)
	if err != nil || errHost != nil || port != ours.Port() {
		return false
	}
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Facts is what pages show of a bench.
type Facts struct {
	Victim, Attacker, Password string // addresses, and the attacker's own password
	VictimsPassword            string // where the attacker knows it
	Cookie                     string // the name of the twin's cookie
	Copied                     string
	Heard, Guesses             []string
	URL                        string    // of the twin
	Until                      time.Time // when the session that lasts too long should be over; zero for none
}

// Facts returns what the attacker knows.
func (b *Bench) Facts() Facts {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := Facts{
		Victim: b.facts.victim.email, Attacker: b.facts.attacker.email, Password: b.facts.attacker.password, Cookie: b.portal.Cookie.Name,
		Copied: b.facts.copied, Heard: append([]string(nil), b.facts.heard...), Guesses: b.facts.guesses, URL: b.Origin + "/" + b.Address,
	}
	if b.Lab.Lifetime > 0 {
		f.VictimsPassword = b.facts.victim.password
		if !b.facts.began.IsZero() {
			f.Until = b.facts.began.Add(b.Lab.Lifetime)
		}
	}
	return f
}
