package handlers

import (
	"errors"
	"net/http"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/guard"
)

type plansView struct {
	Layout
	Chosen      string // key of the plan in the basket, "" for none
	Unavailable bool   // the basket cannot be reached at the moment
	Lost        bool   // this browser's bag is gone, and a basket with it if there was one
	// Problems has an entry when the plan asked for does not exist.
	Problems problems
}

type planView struct {
	Key, Name, Price, Text string
	Includes               []string
}

func (*plansView) page() string { return "plans.html" }

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
	b, err := a.basket(r)
	v := &plansView{Chosen: b.plan.Key, Unavailable: errors.Is(err, bag.ErrUnavailable), Lost: a.basketLost(r), Problems: wrong}
	if err != nil && !v.Unavailable {
		return err
	}
	return a.render(w, r, status, v)
}

// basketLost reports that a browser brings the cookie of a bag that is gone. Nobody but a visitor loses a basket by that.
func (a *app) basketLost(r *http.Request) bool {
	return currentOf(r) == nil && a.Bag.UnknownToken(r.Context())
}

// choosePlan keeps the plan for whoever it is. That of a visitor moves to their account when they sign in.
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
	if err := a.fill(r, plan); err != nil {
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
