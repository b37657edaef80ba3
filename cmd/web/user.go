package main

import (
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/config"
)

type userCommands struct {
	Create        createUserCommand    `cmd:"" help:"Make an account with a confirmed address."`
	List          listUsersCommand     `cmd:"" help:"List accounts, the newest first."`
	Show          showUserCommand      `cmd:"" help:"Show an account: its factors, sessions, changes of address and latest events."`
	Disable       disableCommand       `cmd:"" help:"Switch an account off: nobody can sign in to it, and its sessions end."`
	Enable        enableCommand        `cmd:"" help:"Switch an account on again. No session comes back."`
	Role          roleCommand          `cmd:"" help:"Change the role of an account. Its first page that needs the role asks who it is."`
	RemoveFactors removeFactorsCommand `cmd:"" help:"Remove the second factors of an account, for somebody who has lost them all. Make sure first who is asking."`
}

type disableCommand struct{ orderFlags }

func (d disableCommand) Run(s surroundings, flags *config.Flags) error {
	return d.run(s, flags, admin.Order{Action: admin.Disable})
}

type enableCommand struct{ orderFlags }

func (e enableCommand) Run(s surroundings, flags *config.Flags) error {
	return e.run(s, flags, admin.Order{Action: admin.Enable})
}

type roleCommand struct {
	orderFlags
	Role string `required:"" enum:"member,support,admin" help:"member, support or admin."`
}

func (r roleCommand) Run(s surroundings, flags *config.Flags) error {
	return r.run(s, flags, admin.Order{Action: admin.SetRole, NewRole: r.Role})
}

type removeFactorsCommand struct{ orderFlags }

func (r removeFactorsCommand) Run(s surroundings, flags *config.Flags) error {
	return r.run(s, flags, admin.Order{Action: admin.RemoveFactors})
}
