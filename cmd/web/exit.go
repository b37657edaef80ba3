package main

import (
	"errors"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/mail"
)

// Exit codes other than 0, which --help explains. Scripts rely on them.
const (
	codeFailed    = 1
	codeUsage     = 2
	codeNotFound  = 3
	codeUnchanged = 4
)

// An exitError is one that a script can tell from others.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

func exitCode(err error) int {
	if e, ok := errors.AsType[exitError](err); ok {
		return e.code
	}
	return codeFailed
}

// refusal says to an operator why an order was not carried out.
func refusal(err error) error {
	switch {
	case errors.Is(err, audit.ErrNotFound):
		return exitError{codeNotFound, errors.New("there is no such account or session")}
	case errors.Is(err, admin.ErrUnchanged), errors.Is(err, auth.ErrEnded):
		return exitError{codeUnchanged, errors.New("it was so already: nothing was changed")}
	case errors.Is(err, account.ErrLastAdministrator):
		return errors.New("nobody would be left who can administer the portal: give somebody else that role first")
	case errors.Is(err, admin.ErrDemo):
		return errors.New("a demo account has no role and no address outside")
	case errors.Is(err, auth.ErrConflict):
		return errors.New("somebody else has changed the account at the same moment: look at it, and order it again")
	case errors.Is(err, admin.ErrHalfway):
		return errors.Join(errors.New("not all sessions have ended: order it again"), err)
	case errors.Is(err, mail.ErrFull):
		return errors.New("the outbox is full, and this is not done without an email to the person: nothing was changed")
	}
	return err
}
