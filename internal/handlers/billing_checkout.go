package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/billing"
)

// checkoutView is the review: what will be paid, and who confirms it in the same form.
type checkoutView struct {
	Layout
	Empty        bool // nothing is in the basket
	Bill         billView
	Shown        []shownField
	Changed      bool   // what was confirmed is not what is true now
	PendingOrder string // order whose answer is missing; "" when none is
	Problems     problems
	Identity     identityView
}

// shownField is a part of the bill as the form carries it, to be compared when it comes back.
type shownField struct{ Name, Value string }

// billView is a bill as people read it, before and after it is paid.
type billView struct {
	Plan, Amount, Payee string
	Instrument          string // "" when there is nothing to pay, like the name and the address
	Name, Address       string
}

func (*checkoutView) page() string { return "checkout.html" }

func billViewOf(b billing.Bill) billView {
	v := billView{Plan: b.Plan, Amount: b.Amount.String(), Payee: b.Payee, Name: b.Name, Address: b.Address}
	if plan, ok := billing.PlanOf(b.Plan); ok {
		v.Plan = plan.Name
	}
	if i, ok := billing.InstrumentOf(b.Instrument); ok {
		v.Instrument = i.String()
	}
	return v
}

// errNothingToPay and errNoMethod say why there is no bill.
var (
	errNothingToPay = errors.New("the basket is empty")
	errNoMethod     = errors.New("no payment method")
)

// bill is what the person's basket comes to now, by the catalogue and the stored method.
func (a *app) bill(r *http.Request) (billing.Bill, error) {
	chosen, err := a.basket(r)
	if err != nil {
		return billing.Bill{}, err
	}
	if chosen.empty() {
		return billing.Bill{}, errNothingToPay
	}
	m, err := a.Billing.Method(r.Context(), currentOf(r).UserID)
	if errors.Is(err, billing.ErrNotFound) && !chosen.plan.Free() {
		return billing.Bill{}, errNoMethod
	}
	if err != nil && !errors.Is(err, billing.ErrNotFound) {
		return billing.Bill{}, err
	}
	return billing.NewBill(chosen.order, chosen.plan, m), nil
}

// noBill answers in place of a review.
func (a *app) noBill(w http.ResponseWriter, r *http.Request, status int, err error) error {
	switch {
	case errors.Is(err, errNothingToPay):
		return a.render(w, r, status, &checkoutView{Empty: true})
	case errors.Is(err, errNoMethod):
		seeOther(w, r, "/billing/payment-method?next=%2Fbilling%2Fcheckout")
		return nil
	}
	return err
}

func (a *app) showCheckout(w http.ResponseWriter, r *http.Request) error {
	b, err := a.bill(r)
	if err != nil {
		return a.noBill(w, r, http.StatusOK, err)
	}
	// A slow request may have brought an old basket back.
	_, err = a.Billing.Payment(r.Context(), currentOf(r).UserID, b.Order)
	if err == nil {
		seeOther(w, r, receiptPage(b.Order))
		return nil
	}
	if !errors.Is(err, billing.ErrNotFound) {
		return err
	}
	return a.review(w, r, http.StatusOK, b, nil, nil)
}

// review shows the bill. changed says what is not as it was confirmed, wrong what is wrong with the form.
func (a *app) review(w http.ResponseWriter, r *http.Request, status int, b billing.Bill, changed, wrong problems) error {
	waiting, err := a.Billing.Payments(r.Context(), currentOf(r).UserID, billing.Pending, 1)
	if err != nil {
		return err
	}
	v := &checkoutView{
		Bill: billViewOf(b), Shown: shownFields(b), Changed: changed != nil,
		Problems: append(changed, wrong...), Identity: identityForm(r, "", wrong),
	}
	v.Identity.Hint = "For this plan, and for nothing else."
	if v.Bill.Instrument != "" {
		v.Identity.Hint = "For " + v.Bill.Amount + " to " + v.Bill.Payee + ", and for nothing else."
	}
	if len(waiting) > 0 {
		v.PendingOrder = waiting[0].Order
	}
	return a.render(w, r, status, v)
}

var billFields = []string{"order", "plan", "amount", "currency", "payee", "instrument", "name", "address"}

func shownFields(b billing.Bill) []shownField {
	values := []string{b.Order, b.Plan, strconv.FormatInt(b.Amount.Minor, 10), b.Amount.Currency, b.Payee, b.Instrument, b.Name, b.Address}
	shown := make([]shownField, len(values))
	for i, value := range values {
		shown[i] = shownField{billFields[i], value}
	}
	return shown
}

// differences says what of the bill is not as the form shows it. The form is the client's word for what the person saw;
// nothing is ever paid by it (ASVS v5.0.0-2.2.2).
func differences(b billing.Bill, f map[string]string) problems {
	same := map[string]bool{}
	for _, s := range shownFields(b) {
		same[s.Name] = strings.ReplaceAll(f[s.Name], "\r\n", "\n") == s.Value
	}
	now := billViewOf(b)
	var found problems
	say := func(same bool, format string, args ...any) {
		if !same {
			found = append(found, problem{"", fmt.Sprintf(format, args...)})
		}
	}
	say(same["order"] && same["plan"], "Your basket was changed. It holds %s now.", now.Plan)
	say(same["amount"] && same["currency"], "The amount is %s.", now.Amount)
	say(same["payee"], "The payee is %s.", now.Payee)
	say(same["instrument"], "Your payment method was changed. It is %s now.", now.Instrument)
	say(same["name"] && same["address"], "The name or the address on the invoice was changed.")
	return found
}

// pay pays the order in the basket. Each payment is confirmed by a proof given for this amount and this payee, also
// right after a re-authentication, and the answer counts for nothing else (ASVS v5.0.0-7.5.3; dynamic linking,
// Regulation (EU) 2018/389, article 5).
func (a *app) pay(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, slices.Concat(identityFields, billFields)...)
	if err != nil {
		return err
	}
	v := currentOf(r)
	p, err := a.Billing.Payment(r.Context(), v.UserID, f["order"])
	if err == nil { // a second press, a replay, or a page that was open for long
		return a.toReceipt(w, r, p)
	}
	if errors.Is(err, billing.ErrNotOwned) || !errors.Is(err, billing.ErrNotFound) {
		return a.paymentNotOwned(r, err)
	}
	b, err := a.bill(r)
	if err != nil {
		return a.noBill(w, r, http.StatusUnprocessableEntity, err)
	}
	if changed := differences(b, f); changed != nil {
		return a.review(w, r, http.StatusConflict, b, changed, nil)
	}
	proof, wrong, status, err := a.identify(w, r, f, audit.PaymentConfirmFail)
	if err != nil {
		return err
	}
	if wrong != nil {
		return a.review(w, r, status, b, nil, wrong)
	}
	press, err := a.leadsTo(r, receiptPage(b.Order))
	if err != nil {
		return err
	}
	p, first, err := a.Billing.Pay(r.Context(), billing.Payment{Bill: b, UserID: v.UserID, Session: v.ID}, actor(r), press, proof.Spend())
	if err != nil {
		return a.paymentNotOwned(r, err)
	}
	if first { // only then its confirmation was spent
		a.reportRecoveryCode(r, proof)
		a.answered(r)
	}
	return a.toReceipt(w, r, p)
}

// toReceipt takes the order out of the basket, and shows what became of it.
func (a *app) toReceipt(w http.ResponseWriter, r *http.Request, p billing.Payment) error {
	if err := a.ordered(r, p); err != nil { // the receipt is shown all the same: an order is paid at most once
		a.Log.WarnContext(r.Context(), "order still in the basket", "payment", p.Order, "err", err)
	}
	seeOther(w, r, receiptPage(p.Order))
	return nil
}
