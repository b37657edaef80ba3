// Package admin is what people with a role do to the accounts of others: find them, look at them, end their sessions, switch
// them off and on, start a password reset, remove lost factors, change roles. Each of it has a reason, and is one transaction
// with its events in both trails and the email to the person. It knows no HTTP and no SQL, no password and no code: nobody
// can be given one here, and nobody can act as somebody else.
package admin

import (
	"errors"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

var (
	// ErrForbidden means that the role of who asks does not allow it, or not any more.
	ErrForbidden = errors.New("the role does not allow it")
	// ErrOwnAccount means that somebody would do it to their own account, or give it more than it may.
	ErrOwnAccount = errors.New("it would be done to one's own account")
	// ErrUnchanged means that it is so already.
	ErrUnchanged = errors.New("it is so already")
	// ErrHalfway means that the order to end all sessions is written, and some of them have not ended.
	ErrHalfway = errors.New("not all sessions have ended")
	// ErrDemo means that a demo account has no role and no address outside.
	ErrDemo = errors.New("a demo account has none")
)

// Service is what people with a role do. Its methods are safe for concurrent use.
type Service struct {
	store Store
	audit *audit.Trail
}

// New returns a Service on the store.
func New(store Store, trail *audit.Trail) *Service { return &Service{store, trail} }

// Roles are those that there are, the least first.
var Roles = []string{auth.RoleMember, auth.RoleSupport, auth.RoleAdmin}

// rank orders the roles.
func rank(role string) int {
	for i, r := range Roles {
		if r == role {
			return i
		}
	}
	return -1
}

// Includes reports whether whoever has one role may do what the other may.
func Includes(role, other string) bool { return rank(other) >= 0 && rank(role) >= rank(other) }
