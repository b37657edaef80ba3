package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/guard"
)

const checkoutPage = "/billing/checkout"

// paymentMethodView is the form, filled with the stored method or with what was typed.
type paymentMethodView struct {
	Layout
	Choices             []instrumentView
	Chosen              string // key; "" for none
	Name, Address       string
	Next                string // the checkout, when the form was opened from there; else ""
	DraftID             string // id of the draft that this form was filled in from
	Restored            *restoredView
	MaxName, MaxAddress int
	Problems            problems
}

type instrumentView struct{ Key, Name, Text string }

func (*paymentMethodView) page() string { return "payment-method.html" }

func (a *app) showPaymentMethod(w http.ResponseWriter, r *http.Request) error {
	before, err := a.restore(r)
	if err != nil {
		return err
	}
	if before.view != nil {
		v := a.paymentMethodForm(before.fields)
		v.DraftID, v.Restored = before.id, before.view
		return a.render(w, r, http.StatusOK, v)
	}
	m, err := a.Billing.Method(r.Context(), currentOf(r).UserID)
	if err != nil && !errors.Is(err, billing.ErrNotFound) {
		return err
	}
	v := a.paymentMethodForm(map[string]string{
		"instrument": m.Instrument, "name": m.Name, "address": m.Address, "next": query(r, "next"),
	})
	return a.render(w, r, http.StatusOK, v)
}

func (a *app) paymentMethodForm(fields map[string]string) *paymentMethodView {
	v := &paymentMethodView{
		Chosen: fields["instrument"], Name: fields["name"], Address: fields["address"],
		DraftID: fields["held"], MaxName: auth.MaxName, MaxAddress: billing.MaxAddress,
	}
	if a.destination(fields["next"]) == checkoutPage {
		v.Next = checkoutPage
	}
	for _, i := range billing.Instruments {
		v.Choices = append(v.Choices, instrumentView{i.Key, i.String(), i.Text})
	}
	return v
}

// setPaymentMethod replaces how the account pays. There is one method, and no field for a card number.
func (a *app) setPaymentMethod(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "instrument", "name", "address", "next", "held")
	if err != nil {
		return err
	}
	v := currentOf(r)
	typed := billing.Method{UserID: v.UserID, Instrument: f["instrument"], Name: f["name"], Address: f["address"]}
	m, wrong := cleanMethod(typed)
	if wrong != nil {
		view := a.paymentMethodForm(f)
		view.Problems = wrong
		return a.render(w, r, http.StatusUnprocessableEntity, view)
	}
	try, wait := a.Guard.FromAccount(r.Context(), guard.PaymentMethods, actor(r))
	if wait > 0 {
		tooMany(w, wait)
		view := a.paymentMethodForm(f)
		view.Problems = problems{{"instrument", "The payment method was changed many times. Please try again in " + wordsOfWait(wait) + "."}}
		return a.render(w, r, http.StatusTooManyRequests, view)
	}
	place := "/billing"
	if a.destination(f["next"]) == checkoutPage {
		place = checkoutPage
	}
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	if err := a.Billing.SetMethod(r.Context(), m, actor(r), press); err != nil {
		try.Return(r.Context())
		return err
	}
	a.answered(r)
	a.deleteDraft(r, v.UserID, f["held"])
	a.flash(r, "Your payment method was saved.")
	seeOther(w, r, place)
	return nil
}

// cleanMethod returns the method as it is kept, or what is wrong with it. Name and address follow the rules for the
// names of accounts, line by line: nothing on an invoice pretends to be something else.
func cleanMethod(m billing.Method) (billing.Method, problems) {
	var wrong problems
	if _, ok := billing.InstrumentOf(m.Instrument); !ok {
		wrong = append(wrong, problem{"instrument", "Choose what to pay with."})
	}
	name, err := auth.CleanName(m.Name)
	switch {
	case strings.TrimSpace(m.Name) == "":
		wrong = append(wrong, problem{"name", "Enter the name for the invoice."})
	case err != nil:
		wrong = append(wrong, problem{"name", err.Error()})
	}
	address, err := cleanAddress(m.Address)
	if err != nil {
		wrong = append(wrong, problem{"address", err.Error()})
	}
	m.Name, m.Address = name, address
	return m, wrong
}

// cleanAddress returns the lines that are not empty, each single-spaced.
func cleanAddress(address string) (string, error) {
	address = strings.ReplaceAll(address, "\r\n", "\n") // as forms send it
	if utf8.RuneCountInString(address) > billing.MaxAddress {
		return "", fmt.Errorf("Use at most %d characters.", billing.MaxAddress) //nolint:staticcheck // a sentence for the person
	}
	var lines []string
	for line := range strings.SplitSeq(address, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		line, err := auth.CleanName(line)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}
