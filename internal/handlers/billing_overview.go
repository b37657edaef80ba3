package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/billing"
)

// latestPayments is how many the billing page lists.
const latestPayments = 50

type billingView struct {
	Layout
	Plan     string // of the latest payment that was made; "" for none
	Since    time.Time
	Method   *billView // instrument, name and address; nil when nothing is set
	Basket   string    // name of the plan in the basket, "" for none
	Payments []paymentView
}

// paymentView is what became of an order. Exactly one of Paid, Declined and Pending is set.
type paymentView struct {
	Order                   string
	Bill                    billView
	Free                    bool
	Paid, Declined, Pending bool
	ConfirmedAt, SettledAt  time.Time
}

type receiptView struct {
	Layout
	paymentView
	PlanKey string // to choose it again
}

func (*billingView) page() string { return "billing.html" }
func (*receiptView) page() string { return "receipt.html" }

func receiptPage(order string) string { return "/billing/receipts/" + order }

func paymentViewOf(p billing.Payment) paymentView {
	return paymentView{
		Order: p.Order, Bill: billViewOf(p.Bill), Free: p.Free(), ConfirmedAt: p.CreatedAt, SettledAt: p.SettledAt,
		Paid: p.State == billing.Paid, Declined: p.State == billing.Declined, Pending: p.State == billing.Pending,
	}
}

func (a *app) showBilling(w http.ResponseWriter, r *http.Request) error {
	ctx, userID := r.Context(), currentOf(r).UserID
	v := &billingView{}
	m, err := a.Billing.Method(ctx, userID)
	if err != nil && !errors.Is(err, billing.ErrNotFound) {
		return err
	}
	if err == nil {
		bill := billViewOf(billing.Bill{Instrument: m.Instrument, Name: m.Name, Address: m.Address})
		v.Method = &bill
	}
	paid, err := a.Billing.Payments(ctx, userID, billing.Paid, 1)
	if err != nil {
		return err
	}
	for _, p := range paid {
		v.Plan, v.Since = billViewOf(p.Bill).Plan, p.SettledAt
	}
	all, err := a.Billing.Payments(ctx, userID, "", latestPayments)
	if err != nil {
		return err
	}
	for _, p := range all {
		v.Payments = append(v.Payments, paymentViewOf(p))
	}
	if v.Basket, err = a.basketPlan(r); err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, v)
}

// showReceipt shows a payment to whoever made it. Looking settles nothing.
func (a *app) showReceipt(w http.ResponseWriter, r *http.Request) error {
	p, err := a.Billing.Payment(r.Context(), currentOf(r).UserID, chi.URLParam(r, "id"))
	if err != nil {
		return a.paymentNotOwned(r, err)
	}
	return a.render(w, r, http.StatusOK, &receiptView{
		paymentView: paymentViewOf(p), PlanKey: p.Plan,
	})
}

// paymentNotOwned answers alike for payments that do not exist and those of others, and logs the asking
// (ASVS v5.0.0-8.2.2).
func (a *app) paymentNotOwned(r *http.Request, err error) error {
	if errors.Is(err, billing.ErrNotFound) {
		v := currentOf(r)
		a.Audit.Report(r.Context(), audit.AuthorisationFail, v.UserID, v.ID, "payment", clientOf(r))
		return notFoundError()
	}
	return err
}
