//go:build !linux

package main

import (
	"net"
	"testing"
)

// closedPort is an address of this machine where nobody listens. Only on Linux is it sure to stay so.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
