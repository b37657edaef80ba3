package handlers

import (
	"errors"
	"net/http"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/draft"
)

// A basket is a plan and the id of the order that would pay for it. What an order can do at most once is decided by the
// payments table, so an old basket that comes back does no harm.
type basket struct {
	plan  billing.Plan // zero for an empty basket
	order string
	draft string // id of the draft that it is; "" while it is in the bag
}

func (b basket) empty() bool { return b.plan.Key == "" }

// Names of the parts of a basket, in the bag of a visitor and in the draft of an account. The bag may be lost with what is in
// it; a draft outlives the session it was made in.
const (
	bagPlan  = "basket.plan"
	bagOrder = "basket.order"
)

func basketFrom(value func(name string) string) basket {
	plan, ok := billing.PlanOf(value(bagPlan))
	if order := value(bagOrder); ok && billing.IsOrder(order) {
		return basket{plan: plan, order: order}
	}
	return basket{}
}

func (a *app) bagBasket(r *http.Request) basket {
	return basketFrom(func(name string) string { return a.Bag.Get(r.Context(), name) })
}

// ownsBasket reports whether the basket of the request is an account's. A session that has to re-authenticate first sees and
// changes nothing of its account: its basket is the browser's, as a visitor's is.
func (a *app) ownsBasket(r *http.Request) bool {
	v := currentOf(r)
	return v != nil && !a.Sessions.Policy().NeedsReauth(v.Session)
}

// basket returns what is in the basket. In the bag of somebody signed in there is only what could not be moved to their account
// yet. bag.ErrUnavailable when it may hold something that cannot be read now.
func (a *app) basket(r *http.Request) (basket, error) {
	b := a.bagBasket(r)
	if a.ownsBasket(r) && b.empty() {
		kept, err := a.Drafts.Basket(r.Context(), currentOf(r).UserID)
		if err != nil && !errors.Is(err, draft.ErrNotFound) {
			return basket{}, err
		}
		b = basketFrom(func(name string) string { return kept.Fields[name] })
		b.draft = kept.ID
	}
	if b.empty() && a.Bag.Unavailable(r.Context()) {
		return basket{}, bag.ErrUnavailable
	}
	return b, nil
}

// basketPlan is the name of the plan in the basket, for pages that are about something else: "" for none.
func (a *app) basketPlan(r *http.Request) (string, error) {
	b, err := a.basket(r)
	if errors.Is(err, bag.ErrUnavailable) {
		err = nil
	}
	return b.plan.Name, err
}

// fill puts a plan into the basket as an order of its own: into the account's, or into the bag of a visitor.
func (a *app) fill(r *http.Request, plan billing.Plan) error {
	b := basket{plan: plan, order: billing.NewOrder()}
	if a.ownsBasket(r) {
		return a.fillDraft(r, b)
	}
	if err := a.Bag.Save(r.Context(), bagPlan, b.plan.Key); err != nil {
		return err
	}
	return a.Bag.Save(r.Context(), bagOrder, b.order)
}

func (a *app) fillDraft(r *http.Request, b basket) error {
	err := a.Drafts.SaveBasket(r.Context(), actor(r), map[string]string{bagPlan: b.plan.Key, bagOrder: b.order})
	if err == nil {
		a.emptyBag(r)
	}
	return err
}

func (a *app) emptyBag(r *http.Request) {
	a.Bag.Pop(r.Context(), bagPlan)
	a.Bag.Pop(r.Context(), bagOrder)
}

// moveBasket moves what somebody chose before they signed in to their account. What cannot be moved now stays in the bag,
// where it is found and moved by the next choice.
func (a *app) moveBasket(r *http.Request) {
	b := a.bagBasket(r)
	if b.empty() {
		return
	}
	before, err := a.Drafts.Basket(r.Context(), currentOf(r).UserID)
	if err == nil || errors.Is(err, draft.ErrNotFound) {
		err = a.fillDraft(r, b)
	}
	if err != nil {
		a.Log.WarnContext(r.Context(), "basket not moved", "err", err)
		return
	}
	if was, ok := billing.PlanOf(before.Fields[bagPlan]); ok && was.Key != b.plan.Key {
		a.flash(r, "%s is in your basket, in place of %s.", b.plan.Name, was.Name)
	}
}

// ordered takes a paid order out of the basket. A declined one leaves the plan there, as a fresh order that can be paid.
func (a *app) ordered(r *http.Request, p billing.Payment) error {
	b, err := a.basket(r)
	if errors.Is(err, bag.ErrUnavailable) || err == nil && b.order != p.Order {
		return nil
	}
	if err == nil && p.State == billing.Declined {
		return a.fill(r, b.plan)
	}
	if err == nil && b.draft != "" {
		return a.Drafts.Delete(r.Context(), b.draft, p.UserID)
	}
	if err == nil {
		a.emptyBag(r)
	}
	return err
}
