package handlers

import "net/http"

// bagPlan holds the key of the plan in the basket.
const bagPlan = "basket.plan"

var plans = []planView{
	{Key: "porch", Name: "Porch", Price: "Free", Text: "For one person who wants to look around.",
		Includes: []string{"One account", "Devices and activity", "Community answers"}},
	{Key: "hall", Name: "Hall", Price: "12 EUR a month", Text: "For a small team that shares a front door.",
		Includes: []string{"Up to 20 accounts", "Activity kept for a year", "Answers within two days"}},
	{Key: "keep", Name: "Keep", Price: "48 EUR a month", Text: "For those who have to prove who came and went.",
		Includes: []string{"Any number of accounts", "Activity kept for seven years", "Answers within four hours"}},
}

func planOf(key string) (planView, bool) {
	for _, p := range plans {
		if p.Key == key {
			return p, true
		}
	}
	return planView{}, false
}

func (a *app) showPlans(w http.ResponseWriter, r *http.Request) error {
	return a.plansPage(w, r, http.StatusOK, nil)
}

func (a *app) plansPage(w http.ResponseWriter, r *http.Request, status int, wrong problems) error {
	v := &plansView{layout: layout{Nav: "plans"}, Plans: plans, Away: a.Sessions.Away(r.Context()), Problems: wrong}
	if plan, ok := planOf(a.Sessions.Get(r.Context(), bagPlan)); ok {
		v.Chosen = plan.Key
	}
	return a.render(w, r, status, v)
}

// choosePlan keeps the plan in the bag, signed in or not. It survives the rotation at sign-in.
func (a *app) choosePlan(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "plan")
	if err != nil {
		return err
	}
	plan, ok := planOf(f["plan"])
	if !ok {
		return a.plansPage(w, r, http.StatusUnprocessableEntity, problems{{"plan", "Choose one of the plans on this page."}})
	}
	if visitorOf(r) == nil {
		if wait := a.Attempts.Take(r.Context(), "basket:"+network(clientOf(r).IP), perBasket); wait > 0 {
			return statusError{code: http.StatusTooManyRequests, heading: "That is a lot of baskets", retryAfter: wait,
				text: "Many plans are being chosen from your network. Please try again in " + words(wait) + ", or sign in first."}
		}
	}
	if err := a.Sessions.Keep(r.Context(), bagPlan, plan.Key); err != nil {
		return err
	}
	a.flash(r, "%s is in your basket.", plan.Name)
	seeOther(w, r, "/plans")
	return nil
}
