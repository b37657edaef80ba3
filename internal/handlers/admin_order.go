package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/mail"
)

// orderView asks for the reason of what somebody with a role is about to do.
type orderView struct {
	Layout
	Title, Lede, Button string
	Form, Back          string // addresses
	Person              *personView
	Session             *sessionCard // of the one that ends
	Roles               []choice     // to choose from; none but for a change of the role
	Role                string       // chosen
	Reason              string       // as typed
	MaxReason           int
	DraftID             string
	Restored            *restoredView
	Problems            problems
}

func (*orderView) page() string { return "admin-order.html" }

// reasonDraft keeps the reason of a form that comes too late, under the name of the form, and more fields. The form that is refused
// for being one of many shows it again.
func reasonDraft(name string, more ...string) option {
	draft := drafts("administration "+name, "Act on an account", home, append([]string{"reason"}, more...)...)
	return func(rt *route) { draft(rt); limits(guard.Orders)(rt) }
}

// orderOf is the order that the address of the request names, and the account that it is about; none for all accounts.
func (a *app) orderOf(r *http.Request, action admin.Action) (o admin.Order, owner auth.User, err error) {
	v := currentOf(r)
	o = admin.Order{Action: action, By: actor(r), ByRole: v.User.Role, Handle: chi.URLParam(r, "handle")}
	if action == admin.EndEverybody {
		return o, owner, nil
	}
	owner, err = a.Admin.Person(r.Context(), chi.URLParam(r, "id"))
	o.UserID, o.UserRole, o.Epoch = owner.ID, owner.Role, owner.Epoch
	return o, owner, err
}

func (a *app) showOrder(action admin.Action) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		o, owner, err := a.orderOf(r, action)
		if err != nil {
			return err
		}
		before, err := a.restore(r)
		if err != nil {
			return err
		}
		typed := map[string]string{"role": owner.Role, "held": before.id}
		if before.view != nil {
			typed["reason"], typed["role"] = before.fields["reason"], before.fields["role"]
		}
		return a.orderForm(w, r, http.StatusOK, o, owner, typed, before.view, nil)
	}
}

func (a *app) orderForm(w http.ResponseWriter, r *http.Request, status int, o admin.Order, owner auth.User, typed map[string]string, restored *restoredView, wrong problems) error {
	text := orderTexts[o.Action]
	v := &orderView{
		Title: text.title, Lede: text.lede, Button: text.button, Form: r.URL.EscapedPath(), Back: "/admin", MaxReason: admin.MaxReason,
		Reason: typed["reason"], Role: typed["role"], DraftID: typed["held"], Restored: restored, Problems: wrong,
	}
	if owner.ID != "" {
		person := personViewOf(admin.Person{User: owner})
		v.Person, v.Back = &person, accountPage(owner.ID)
	}
	if o.Action == admin.SetRole {
		v.Roles = roleChoices
	}
	if o.Action == admin.EndSession {
		s, err := a.Sessions.Session(r.Context(), owner.ID, o.Handle)
		if err != nil {
			return err
		}
		card := a.sessionCard(s, "")
		v.Session = &card
	}
	return a.render(w, r, status, v)
}

// order does what the form asks for, if it says why.
func (a *app) order(action admin.Action) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		typed, err := form(r, "reason", "role", "held")
		if err != nil {
			return err
		}
		o, owner, err := a.orderOf(r, action)
		if err != nil {
			return err
		}
		o.Reason, o.NewRole = typed["reason"], typed["role"]
		wrong := wrongOrder(o, owner)
		ended, place := 0, "/admin"
		if owner.ID != "" {
			place = accountPage(owner.ID)
		}
		if wrong == nil {
			try, wait := a.Guard.FromAccount(r.Context(), guard.Orders, actor(r))
			if wait > 0 {
				tooMany(w, wait)
				return a.orderForm(w, r, http.StatusTooManyRequests, o, owner, typed, nil, problems{{"", "You did this to many accounts. Please try again in " +
					wordsOfWait(wait) + "."}})
			}
			if ended, err = a.carryOut(r, &o, owner, place); err != nil {
				try.Return(r.Context())
			}
			wrong = wrongAnswer(err)
		}
		switch {
		case wrong != nil:
			return a.orderForm(w, r, http.StatusUnprocessableEntity, o, owner, typed, nil, wrong)
		case errors.Is(err, admin.ErrForbidden):
			return a.notForRole(r)
		case errors.Is(err, admin.ErrUnchanged), errors.Is(err, auth.ErrEnded):
			a.flash(r, "It was so already. Nothing was changed.")
		case err != nil:
			return err
		default:
			a.answered(r)
			a.flash(r, "Done. %s", outcome(o, ended))
		}
		a.deleteDraft(r, currentOf(r).UserID, typed["held"])
		seeOther(w, r, place)
		return nil
	}
}

// carryOut has the order carried out, with the email to the person in the same transaction.
func (a *app) carryOut(r *http.Request, o *admin.Order, owner auth.User, place string) (ended int, err error) {
	reason, _ := admin.CleanReason(o.Reason)
	byWhom := admin.ByRole(o.ByRole)
	switch {
	case o.Action == admin.StartReset:
		o.Link = admin.NewToken()
		a.notify(r, owner, a.emails.ResetStarted(owner.Email, owner.Name, o.Link, byWhom, reason, account.ResetValid))
	case owner.ID != "":
		a.notify(r, owner, a.emails.Administered(owner.Email, owner.Name, audit.Now(), byWhom+" "+admin.Did(o.Action, o.NewRole, "your account"), reason))
	}
	if !o.Action.Closes() {
		a.needNotices(r) // nobody opens an account unseen by filling the outbox first
	}
	if o.Act, err = a.leadsTo(r, place); err != nil {
		return 0, err
	}
	if o.Action != admin.EndEverybody {
		return a.Admin.Do(r.Context(), *o)
	}
	defer a.Outbox.Wake()
	ended, err = a.Admin.EndEverybody(r.Context(), *o, func(u auth.User, reason string) (mail.Row, error) {
		return a.Outbox.Row(a.emails.Administered(u.Email, u.Name, audit.Now(), byWhom+" "+admin.Did(admin.EndEverybody, "", ""), reason).ToEverybody())
	})
	if press := exchangeOf(r).press; press != nil && errors.Is(err, admin.ErrHalfway) { // the same press has to go on with it
		err = errors.Join(err, a.Acts.Forget(r.Context(), press))
	}
	return ended, err
}
