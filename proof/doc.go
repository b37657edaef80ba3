// Package proof holds the running program to its promises: several instances at once, requests that overtake each
// other, servers that disappear in the middle, floods of visitors, a process that is killed. The tests of hazards take
// the same steps on a small portal built the stock way (chi, scs and redisstore as their documentation shows them),
// which proves that each test can see what it is there to prevent.
//
// It starts the program as an operator does and speaks to it by HTTP; from the database it reads facts that no page
// shows. It does not know how the portal is made. Nothing here is part of the portal. Most tests start a build that hashes
// passwords cheaply and has the pages of internal/probe; those about memory and hashes start the one that people run.
//
// What "go test" does in short, the flags do at length: see the README's list.
package proof
