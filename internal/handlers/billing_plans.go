package handlers

import (
	"net/http"

	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/guard"
)

type plansView struct {
	Layout
	Chosen      string // key of the plan in the basket, "" for none
	Unavailable bool   // the basket cannot be reached at the moment
	// Problems has an entry when the plan asked for does not exist.
	Problems problems
}

type planView struct {
	Key, Name, Price, Text string
	Includes               []string
}

func (*plansView) page() string { return "plans.html" }

// The basket is the key of a plan and the id of the order that would pay for it. The bag may lose both or bring old
// ones back; what an order id can do at most once is decided by the payments table.
const (
	bagPlan  = "basket.plan"
	bagOrder = "basket.order"
)

// plans are what the page of plans shows of each.
func plans() []planView {
	var all []planView
	for _, p := range billing.Plans {
		v := planView{Key: p.Key, Name: p.Name, Price: "Free", Text: p.Text, Includes: p.Includes}
		if !p.Free() {
			v.Price = p.Price.String() + " a month"
		}
		all = append(all, v)
	}
	return all
}

func (a *app) showPlans(w http.ResponseWriter, r *http.Request) error {
	return a.plansPage(w, r, http.StatusOK, nil)
}

func (a *app) plansPage(w http.ResponseWriter, r *http.Request, status int, wrong problems) error {
	v := &plansView{Unavailable: a.Bag.Unavailable(r.Context()), Problems: wrong}
	if plan, ok := billing.PlanOf(a.Bag.Get(r.Context(), bagPlan)); ok {
		v.Chosen = plan.Key
	}
	return a.render(w, r, status, v)
}

// choosePlan keeps the plan in the bag, signed in or not, as an order of its own. It survives the rotation at sign-in.
func (a *app) choosePlan(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "plan", "next")
	if err != nil {
		return err
	}
	plan, ok := billing.PlanOf(f["plan"])
	if !ok {
		return a.plansPage(w, r, http.StatusUnprocessableEntity, problems{{"plan", "Choose one of the plans on this page."}})
	}
	if currentOf(r) == nil {
		if _, wait := a.Guard.FromNetwork(r.Context(), guard.Baskets, clientOf(r)); wait > 0 {
			return limitError(wait, "That is a lot of baskets",
				"Many plans are being chosen from your network. Please try again in "+wordsOfWait(wait)+", or sign in first.")
		}
	}
	if err := a.Bag.Save(r.Context(), bagPlan, plan.Key); err != nil {
		return err
	}
	if err := a.Bag.Save(r.Context(), bagOrder, billing.NewOrder()); err != nil {
		return err
	}
	a.flash(r, "%s is in your basket.", plan.Name)
	if a.destination(f["next"]) == checkoutPage {
		seeOther(w, r, checkoutPage)
	} else {
		seeOther(w, r, "/plans")
	}
	return nil
}
