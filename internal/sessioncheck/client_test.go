package sessioncheck

import (
	"net"
	"strings"
	"testing"
)

// A name that is taken for this machine leads to no other one, whatever looks it up says.
func TestLoopbackStaysHere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, name := range []string{"localhost", "app.localhost", "127.0.0.1", "::1"} {
		dial := network(name).DialContext
		conn, err := dial(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Errorf("%s: got %v, want a connection to this machine", name, err)
			continue
		}
		_ = conn.Close()
		for _, elsewhere := range []string{"192.0.2.1:9", "[2001:db8::1]:9", "0.0.0.0:9"} {
			if conn, err := dial(t.Context(), "tcp", elsewhere); err == nil || !strings.Contains(err.Error(), "another machine") {
				t.Errorf("%s that leads to %s: got %v, %v", name, elsewhere, conn, err)
			}
		}
	}
	conn, err := network("app.example.org").DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
