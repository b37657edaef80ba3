package lab

import (
	"net/http"
	"net/url"
	"strings"

	"example.com/gatehouse/internal/twin"
)

// From other pages, and around the session.
var elsewhere = []Lab{
	{
		Lesson: "csrf", Target: "/account/email", Fault: twin.FormsFromElsewhere, Extra: []twin.Fault{twin.NoSameSite}, Page: true,
		Goal:  "Have the victim\u2019s emails sent to your address, without a password and without a token.",
		Story: "Vera is signed in, and opens your page at https://prizes.example in another tab. Your page may send any form to the twin. Where emails go decides who gets the link of a forgotten password.",
		Moves: []Move{signIn},
		happened: func(b *Bench) bool {
			return strings.EqualFold(b.portal.EmailOf(b.facts.victim.email), b.facts.attacker.email)
		},
		Effect: "A form on your page changed where Vera\u2019s emails go: to you.",
		Hints: [3]string{
			"You need no token. Who has one, and sends it along without being asked?",
			"Look at GET /account/email with an account of your own: which form would change the address?",
			"Choose \u201cfrom the victim\u2019s browser\u201d, POST, /account/email, and email=YOUR ADDRESS. Let Vera be signed in before.",
		},
		Solution: []string{"Let Vera sign in.", "Send POST /account/email with email=YOUR ADDRESS from the victim\u2019s browser."},
		Thinking: "A cookie says whose browser it is, not who made it ask. Before an account changes, ask the request where it comes from: browsers say so in Sec-Fetch-Site and Origin, and no page can change that.",
		Wrong:    Code{"internal/twin/middleware.go", "if p.has(open) {\nnext.ServeHTTP(w, r)\nreturn\n}"},
		Right:    Code{"internal/handlers/middleware_crosssite.go", "return !a.isOurs(origin, r.Host)"},
		onPortal: func(s *script) (bool, string) {
			vera := newBrowser(victim)
			s.demo(vera)
			a := s.do(vera, request{method: http.MethodPost, path: "/account/profile", elsewhere: attackersSite, form: url.Values{"name": {"Mallory"}}})
			unchanged := !strings.Contains(s.get(vera, "/account/profile").body.String(), "Mallory")
			// And once more with the cookie, as a browser without SameSite would.
			b := s.do(vera, request{method: http.MethodPost, path: "/account/profile", elsewhere: attackersSite, form: url.Values{"name": {"Mallory"}},
				cookie: s.Cookie + "=" + vera.jar[s.Cookie].Value})
			unchanged = unchanged && !strings.Contains(s.get(vera, "/account/profile").body.String(), "Mallory")
			return unchanged && a.status >= 300 && b.status == http.StatusForbidden, "The browser left the cookie out, because of SameSite. Sent with it, the form was refused: it came from another site."
		},
	},
	{
		Lesson: "ids-in-urls", Target: "/account", Fault: twin.TokenInURL,
		Goal:  "Open the victim\u2019s account with what stands in an address.",
		Story: "Vera wants to show you something, and sends you the address of the page that she is on. Addresses are also in histories, in the logs of servers and proxies, and on shared screens.",
		Moves: []Move{signIn, sendLink}, opened: victimsPage(""),
		Effect: "The token in an address that Vera sent you opened her account.",
		Hints: [3]string{
			"Look at what comes after the question mark.",
			"What has the name of a session may be one. Where does the twin expect it?",
			"Take the value of session= and send it as the cookie of the twin with GET /account. The cookie\u2019s name stands in any answer that sets one.",
		},
		Solution: []string{"Let Vera sign in, and ask her for the address.", "Take the value behind session=.", "Send GET /account with the cookie NAME=VALUE, where NAME is what GET /login sets."},
		Thinking: "An address is made to be passed on. Whatever stands in it is known to everybody who sees the screen, the history or the log, so nothing that opens anything may stand there for longer than one request.",
		Wrong:    Code{"internal/twin/signin.go", `return "/account?session=" + p.Token(r.Context())`},
		Right:    Code{"internal/bag/cookies.go", "cookie := http.Cookie{Name: brand.SessionCookie, Value: token}"},
		onPortal: func(s *script) (bool, string) {
			vera, mine := newBrowser(victim), newBrowser(you)
			a := s.post(vera, "/demo")
			if a.status != http.StatusSeeOther {
				panic(noDemo)
			}
			s.get(vera, a.header.Get("Location"))
			token := vera.jar[s.Cookie].Value
			inAddress := strings.Contains(vera.at, token)
			opened := s.get(mine, "/account?session=elsewhere").status == http.StatusOK
			return !inAddress && !opened, "No address of the portal has a token of a session in it, and none is taken from an address."
		},
	},
}
