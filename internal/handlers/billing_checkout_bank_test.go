package handlers

import (
	"context"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/webtest"
)

// A bank is the sandbox with somebody watching: it notes every charge it is asked for, and complains about an id that
// comes back as another charge.
type bank struct {
	billing.Gateway
	t     *testing.T
	mu    sync.Mutex
	asked map[string][]billing.Charge
}

func (k *bank) Charge(ctx context.Context, c billing.Charge, deliver func(context.Context, billing.State) error) error {
	k.mu.Lock()
	for _, before := range k.asked[c.ID] {
		if before != c {
			k.t.Errorf("charge %s came as %+v and then as %+v", c.ID, before, c)
		}
	}
	k.asked[c.ID] = append(k.asked[c.ID], c)
	k.mu.Unlock()
	return k.Gateway.Charge(ctx, c, deliver)
}

// charges is how many different charges the bank was asked for.
func (k *bank) charges() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.asked)
}

// times is how often the bank was asked, whatever for.
func (k *bank) times() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, one := range k.asked {
		n += len(one)
	}
	return n
}

// till puts a watched sandbox, or what is given instead, behind the portal.
func (p *portal) till(instead billing.Gateway) *bank {
	if instead == nil {
		instead = billing.Sandbox{}
	}
	k := &bank{Gateway: instead, t: p.t, asked: map[string][]billing.Charge{}}
	p.app.Billing = billing.New(p.store.Ledger(p.audit), k, p.app.Log)
	return k
}

// onTills runs a test on each backend, with a watched bank and without limits on attempts.
func onTills(t *testing.T, test func(t *testing.T, p *portal, k *bank)) {
	t.Helper()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		test(t, p, p.till(nil))
	})
}

// payer is somebody with a payment method and a plan in the basket.
func (p *portal) payer(instrument string) (auth.User, *browser) {
	p.t.Helper()
	u := p.newUser("Paula")
	b := p.signedIn(u)
	b.Reauth(password).Want(http.StatusSeeOther)
	b.method(instrument)
	b.Post("/basket", "plan", "hall").Leads("/plans")
	return u, b
}

func (b *browser) method(instrument string) {
	b.p.t.Helper()
	b.Post("/billing/payment-method", "instrument", instrument, "name", "Paula Payer", "address", "1 Mint Lane\r\n\"Gold\" Hill").Leads("/billing")
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// reviewed opens the checkout and returns what its form would send, as browsers send it.
func (b *browser) reviewed() url.Values {
	b.p.t.Helper()
	shown := url.Values{}
	_, page, _ := strings.Cut(b.Get("/billing/checkout").Want(http.StatusOK).Body, `action="/billing/checkout"`)
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		if m[1] != "next" {
			shown.Set(m[1], strings.ReplaceAll(html.UnescapeString(m[2]), "\n", "\r\n"))
		}
	}
	if !billing.IsOrder(shown.Get("order")) {
		b.p.t.Fatalf("no order in the review: %v", shown)
	}
	return shown
}

func (b *browser) confirm(shown url.Values, password string) *webtest.Answer {
	b.p.t.Helper()
	sent := url.Values{"password": {password}}
	maps.Copy(sent, shown)
	r := b.NewRequest("POST", "/billing/checkout", strings.NewReader(sent.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// settled checks how many payments there are in each state, and how many events tell of them.
func (p *portal) settled(paid, declined, pending int) {
	p.t.Helper()
	for state, want := range map[string]int{"paid": paid, "declined": declined, "pending": pending} {
		if got := p.count(`SELECT count(*) FROM payments WHERE state = $1`, state); got != want {
			p.t.Errorf("%d payments %s, want %d", got, state, want)
		}
	}
	for kind, want := range map[string]int{"payment_made": paid, "payment_declined": declined} {
		if got := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = $1`, kind); got != want {
			p.t.Errorf("%d events %s, want %d", got, kind, want)
		}
		if got := strings.Count(p.log.String(), `"msg":"`+kind+`"`); got != want {
			p.t.Errorf("%d log lines %s, want %d", got, kind, want)
		}
	}
}

// bringBack puts an old basket into the bag, as the slower of two requests can.
func (p *portal) bringBack(b *browser, shown url.Values) {
	p.t.Helper()
	routed := p.Handler
	defer func() { p.Handler = routed }()
	p.Handler = p.app.exchange(p.app.headers(p.app.session(p.app.handle(func(w http.ResponseWriter, r *http.Request) error {
		p.app.Bag.Put(r.Context(), bagPlan, shown.Get("plan"))
		p.app.Bag.Put(r.Context(), bagOrder, shown.Get("order"))
		return p.app.render(w, r, http.StatusOK, &landingView{})
	}))))
	b.Get("/").Want(http.StatusOK)
}
