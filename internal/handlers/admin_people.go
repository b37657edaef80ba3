package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/auth"
)

// peopleView is the list of accounts.
type peopleView struct {
	Layout
	Query  string
	Shows  []choice
	Show   string
	People []personView
	More   string // link to what comes after, "" on the last page
	First  bool
}

// A personView is an account in a list. Its address is shortened until somebody says why they need it.
type personView struct {
	ID, Name, Address string
	Role              string // "Administrator"; "" for a member
	Since             time.Time
	Disabled          time.Time // zero for an account that is on
	Flagged           bool
	Deleting          bool
	Demo              bool
}

func (*peopleView) page() string { return "admin-people.html" }

var showChoices = []choice{
	{admin.ShowAll, "Everybody"}, {admin.ShowMembers, "Members"}, {admin.ShowSupport, "Support"}, {admin.ShowAdmins, "Administrators"},
	{admin.ShowDisabled, "Switched off"}, {admin.ShowFlagged, "With a suspicious session"}, {admin.ShowDeleting, "To be deleted"},
}

func personViewOf(p admin.Person) personView {
	v := personView{
		ID: p.ID, Name: p.Name, Address: shortAddress(p.Email), Since: p.CreatedAt, Disabled: p.DisabledAt, Flagged: p.Flagged,
		Deleting: p.DeletionPending(), Demo: p.IsDemo(),
	}
	if p.Role != auth.RoleMember {
		v.Role = admin.RoleNames[p.Role]
	}
	return v
}

func (a *app) showPeople(w http.ResponseWriter, r *http.Request) error {
	v := &peopleView{Query: strings.TrimSpace(query(r, "q")), Shows: showChoices, First: query(r, "after") == ""}
	for _, c := range showChoices {
		if c.Value == query(r, "show") {
			v.Show = c.Value
		}
	}
	key, id, _ := strings.Cut(query(r, "after"), "~")
	page, err := a.Admin.People(r.Context(), v.Query, v.Show, key, id)
	if err != nil {
		return err
	}
	for _, p := range page.People {
		v.People = append(v.People, personViewOf(p))
	}
	if page.More {
		v.More = "/admin/users?" + url.Values{"q": {v.Query}, "show": {v.Show}, "after": {page.NextKey + "~" + page.NextID}}.Encode()
	}
	return a.render(w, r, http.StatusOK, v)
}
