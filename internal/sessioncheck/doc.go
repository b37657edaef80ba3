// Package sessioncheck looks at the session handling of a running web application from outside: it signs in as a browser
// does, finds out what authenticates a request, and tries what a session must withstand. It does not know how the
// application is made, shares no code with the portal of this repository, and believes no name of a cookie.
//
// A finding is what was seen three times, with a control before each: the private page opens for whoever is signed in,
// and for nobody else. What was seen once, or could not be told apart from a fault of the network, is inconclusive.
package sessioncheck
