package handlers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/billing"
)

// A payment without an answer stays open until asking again brings one. Looking does not.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		_, b := p.payer("visa-0119")
		shown := b.reviewed()
		receipt := b.confirm(shown, password).Want(http.StatusSeeOther).Header.Get("Location")
		b.Get(receipt).Says("We do not know yet").Says("Please do not pay again")
		b.confirm(shown, password).Leads(receipt)
		b.Get("/billing").Says("Plan None").Says("Not known yet")
		b.Get("/billing/checkout").Says("Your basket is empty")
		b.Post("/basket", "plan", "hall").Leads("/plans")
		b.Get("/billing/checkout").Says("Another payment has no answer yet")

		asked := k.times()
		if err := p.app.Billing.Reconcile(t.Context()); err != nil || k.times() != asked {
			t.Errorf("asked again at once: %d times, %v", k.times()-asked, err)
		}
		p.exec(`UPDATE payments SET created_at = $1`, time.Now().UTC().Add(-time.Minute).Truncate(time.Microsecond))
		k.asked = map[string][]billing.Charge{} // it would come as another charge: its time is a minute earlier now
		for _, path := range []string{receipt, "/billing", "/billing/checkout", "/account"} {
			for _, method := range []string{"GET", "HEAD"} {
				r := b.NewRequest(method, path, nil)
				r.Header.Set("Sec-Purpose", "prefetch")
				b.Do(r).Want(http.StatusOK)
			}
		}
		p.settled(0, 0, 1)
		if k.times() != 0 {
			t.Error("looking asked the bank")
		}

		var wg sync.WaitGroup
		for range 4 { // as many instances
			wg.Go(func() {
				if err := p.app.Billing.Reconcile(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b.Get(receipt).Says("Payment received")
		p.settled(1, 0, 0)
		if k.charges() != 1 {
			t.Errorf("%d charges, want 1", k.charges())
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_made' AND ip = '' AND session_id = $1`, b.Handle()); n != 1 {
			t.Error("the event of the late answer names a client, or not the session")
		}
		asked = k.times()
		if err := p.app.Billing.Reconcile(t.Context()); err != nil || k.times() != asked {
			t.Errorf("asked about a settled payment: %d times, %v", k.times()-asked, err)
		}
	})
}

// scripted answers every charge as it is told to.
type scripted func(ctx context.Context, deliver func(context.Context, billing.State) error) error

func (s scripted) Charge(ctx context.Context, _ billing.Charge, deliver func(context.Context, billing.State) error) error {
	return s(ctx, deliver)
}

// The first answer stands, whatever comes after it. A contradiction is an operator's business.
func TestAnsweredTwice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers        []billing.State
		paid, declined int
		contradiction  bool
	}{
		"paid twice":         {[]billing.State{billing.Paid, billing.Paid}, 1, 0, false},
		"paid then declined": {[]billing.State{billing.Paid, billing.Declined}, 1, 0, true},
		"declined then paid": {[]billing.State{billing.Declined, billing.Paid}, 0, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			onTills(t, func(t *testing.T, p *portal, _ *bank) {
				p.till(scripted(func(ctx context.Context, deliver func(context.Context, billing.State) error) error {
					for _, answer := range test.answers {
						if err := deliver(ctx, answer); err != nil {
							t.Errorf("deliver: %v", err)
						}
					}
					return nil
				}))
				_, b := p.payer("visa-4242")
				b.confirm(b.reviewed(), password).Want(http.StatusSeeOther)
				p.settled(test.paid, test.declined, 0)
				if got := strings.Contains(p.log.String(), "payment answered differently"); got != test.contradiction {
					t.Errorf("a contradiction in the log: %v, want %v", got, test.contradiction)
				}
			})
		})
	}
	onTills(t, func(_ *testing.T, p *portal, _ *bank) { // the instrument that does it
		_, b := p.payer("debit-0077")
		b.Follow(b.confirm(b.reviewed(), password)).Says("Payment received")
		p.settled(1, 0, 0)
	})
}

// A gateway that answers after the request is over, or says something that is no answer, or fails.
func TestAnsweredByItself(t *testing.T) {
	t.Parallel()
	onTills(t, func(t *testing.T, p *portal, _ *bank) {
		var later func(context.Context, billing.State) error
		var over context.Context
		p.till(scripted(func(ctx context.Context, deliver func(context.Context, billing.State) error) error {
			over, later = ctx, deliver
			if err := deliver(ctx, billing.Pending); err == nil {
				t.Error("an answer that is none was taken")
			}
			return context.DeadlineExceeded
		}))
		_, b := p.payer("visa-4242")
		receipt := b.confirm(b.reviewed(), password).Want(http.StatusSeeOther).Header.Get("Location")
		b.Get(receipt).Says("We do not know yet")
		p.settled(0, 0, 1)
		if err := later(over, billing.Paid); err == nil {
			t.Error("an answer that could not be written was taken")
		}
		p.settled(0, 0, 1)
		if err := later(t.Context(), billing.Paid); err != nil {
			t.Error(err)
		}
		b.Get(receipt).Says("Payment received")
		p.settled(1, 0, 0)
	})
}

// A gateway that hangs is waited for ten seconds, and no longer.
func TestGatewayHangs(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	p.till(scripted(func(ctx context.Context, _ func(context.Context, billing.State) error) error {
		<-ctx.Done()
		return ctx.Err()
	}))
	u := p.newUser("Paula")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		b.Reauth(password)
		b.method("visa-4242")
		b.Post("/basket", "plan", "hall")
		shown, began := b.reviewed(), time.Now()
		b.Follow(b.confirm(shown, password)).Says("We do not know yet")
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("waited %s, want 10s", waited)
		}
	})
	p.settled(0, 0, 1)
}
