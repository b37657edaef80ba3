package handlers

import (
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/mail"
)

// tell sends the owner of an account a letter about it.
func (a *app) tell(_ auth.User, l mail.Letter) { a.Post.Send(l) }
