package lab

import (
	"regexp"
	"strconv"
	"sync"
	"time"

	"example.com/gatehouse/internal/twin"
)

// shortLife is an absolute limit that a learner can wait for.
const shortLife = time.Minute

// How long a session lasts, and what is done once.
var durations = []Lab{
	{
		Lesson: "two-limits", Target: "/account", Fault: twin.RenewalMovesLimit, Lifetime: shortLife,
		Goal:  "Use one session for longer than its absolute limit, which is one minute here.",
		Story: "You sit at a computer where Vera is signed in, and you know her password. After a minute she would have to sign in again, and an email would tell her.",
		Moves: []Move{signIn, copyCookie},
		opened: func(b *Bench, o twin.Opening) bool {
			return o.User == b.facts.victim.email && time.Since(o.Since) > b.Lab.Lifetime+time.Second
		},
		Effect: "Vera\u2019s session, which should have been over after a minute, still opened her account.",
		Hints: [3]string{
			"The limit is counted from a moment. Which one, and can you move it?",
			"Confirming the password gives the session another token. The library writes a new deadline with it.",
			"Copy the cookie, send POST /reauth with password=PASSWORD before the minute is over, and send GET /account with the new cookie after it.",
		},
		Solution: []string{"Let Vera sign in, and copy the cookie.", "After half a minute, POST /reauth with the copy and her password. The answer sets the next cookie.", "When more than a minute has gone since she signed in, send GET /account with that one."},
		Thinking: "Ask of every limit what can move it. An absolute one that any request can move is an idle one by another name. Write it once, at the sign-in, and let no other statement name that column.",
		Wrong:    Code{"internal/twin/signin.go", "if !moves {\np.SetDeadline(ctx, limit)\n}"},
		Right:    Code{"internal/store/session.go", "idle_expires_at = CASE WHEN idle_expires_at < $7 THEN idle_expires_at ELSE $7 END"},
		onPortal: func(s *script) (bool, string) {
			vera := newBrowser(victim)
			_, password := s.demo(vera)
			left := func() int64 {
				m := absoluteLeft.FindStringSubmatch(s.get(vera, "/account").body.String())
				if m == nil {
					return 0
				}
				n, _ := strconv.ParseInt(m[1], 10, 64) // digits
				return n
			}
			before := left()
			s.post(vera, "/reauth", "password", password, "next", "/account")
			after := left()
			s.needs(before > 0 && after > 0)
			return after <= before, "The session got another token, and its last moment stayed where it was."
		},
	},
	{
		Lesson: "once", Target: "/billing/checkout", Fault: twin.OrderPaidTwice, Bank: 400 * time.Millisecond,
		Goal:     "Have one order paid twice.",
		Story:    "The order stands for whatever may be used once: a voucher, a code, a link. The twin takes it out of the session before it asks the bank, which needs half a second.",
		happened: func(b *Bench) bool { return b.portal.PaidTwice() },
		Effect:   "One order was paid twice.",
		Hints: [3]string{
			"Where is it written down that the order was used, and when?",
			"In your session, which each request reads at its beginning and writes at its end. What does a second one see in between?",
			"POST /login as yourself, GET /billing/checkout with the cookie, and then POST /billing/checkout with order=... in two lines, sent at the same moment.",
		},
		Solution: []string{"POST /login with your own address and password.", "GET /billing/checkout with your cookie, and read the order in the answer.", "POST /billing/checkout with two lines order=ORDER, at the same moment."},
		Thinking: "Between reading and writing there is always a moment. To use something once, let the database say who was first: a row with a unique key, or an update that changes one row or none.",
		Wrong:    Code{"internal/twin/pages.go", `if order == "" || p.PopString(r.Context(), "order") != order || !p.has(OrderPaidTwice) && !p.spend(order) {`},
		Right:    Code{"internal/store/billing.go", "if isDuplicate(err) {\nreturn billing.ErrBegun\n}"},
		onPortal: func(s *script) (bool, string) {
			mine := newBrowser(you)
			_, password := s.demo(mine)
			s.post(mine, "/basket", "plan", "porch")
			fields := append(fieldsOf(s.get(mine, "/billing/checkout")), "password", password)
			places := make([]string, 2)
			var both sync.WaitGroup
			for i := range places {
				tab := newBrowser(you)
				tab.jar[s.Cookie] = mine.jar[s.Cookie]
				both.Go(func() { places[i] = s.post(tab, "/billing/checkout", fields...).header.Get("Location") })
			}
			both.Wait()
			s.needs(places[0] != "" && places[1] != "")
			return places[0] == places[1], "Both requests were answered with one and the same receipt: the order\u2019s number is the key of its row."
		},
	},
}

var absoluteLeft = regexp.MustCompile(`data-absolute-ms="(\d+)"`)
