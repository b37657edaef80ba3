// Package account is what people change about their accounts, and what ends sessions with it: sign-up, name, password,
// email address, second factors, a forgotten password, deletion, the export. Every change of credentials is one
// transaction with the rotation of the session that asks and the end of the others. It knows no HTTP and no SQL, and
// checks no credentials: auth has done that before.
package account

import (
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// Service is what people change about their accounts. Its methods are safe for concurrent use.
type Service struct {
	store               Store
	auth                *auth.Service
	sealer              auth.Sealer
	requireSecondFactor bool
	audit               *audit.Trail
}

// Options are the parts of a Service.
type Options struct {
	Store               Store
	Auth                *auth.Service
	Sealer              auth.Sealer
	RequireSecondFactor bool // an account without one can do nothing but get one
	Audit               *audit.Trail
}

// New returns a Service on the given store.
func New(o Options) *Service {
	return &Service{
		store: o.Store, auth: o.Auth, sealer: o.Sealer, requireSecondFactor: o.RequireSecondFactor, audit: o.Audit,
	}
}
