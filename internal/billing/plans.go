package billing

// A Plan is something to buy, for a month at a time. Nothing renews by itself.
type Plan struct {
	Key, Name, Text string
	Price           Money // for a month
	Includes        []string
}

// Free reports whether there is nothing to pay.
func (p Plan) Free() bool { return p.Price.Minor == 0 }

// Plans is the catalogue, and the only source of prices.
var Plans = []Plan{
	{Key: "porch", Name: "Porch", Price: Money{0, "EUR"}, Text: "For one person who wants to look around.",
		Includes: []string{"One account", "Devices and activity", "Community answers"}},
	{Key: "hall", Name: "Hall", Price: Money{12_00, "EUR"}, Text: "For a small team that shares a front door.",
		Includes: []string{"Up to 20 accounts", "Activity kept for a year", "Answers within two days"}},
	{Key: "keep", Name: "Keep", Price: Money{48_00, "EUR"}, Text: "For those who have to prove who came and went.",
		Includes: []string{"Any number of accounts", "Activity kept for seven years", "Answers within four hours"}},
}

// PlanOf returns the plan with that key.
func PlanOf(key string) (Plan, bool) {
	for _, p := range Plans {
		if p.Key == key {
			return p, true
		}
	}
	return Plan{}, false
}
