package lab

import (
	"io"
	"net/http"

	"example.com/gatehouse/internal/twin"
)

// How a session ends, or does not.
var endings = []Lab{
	{
		Lesson: "sign-out-that-holds", Target: "/account", Fault: twin.LateRequestRevives,
		Goal:  "Open the victim\u2019s account after the victim has signed out, although the server ends the session.",
		Story: "You have a copy of Vera\u2019s cookie. The twin deletes the record when she signs out, so your copy is worth nothing then. But Vera has several tabs, and one of them is slow.",
		Moves: []Move{signIn, copyCookie, beginSlow, signOut, endSlow}, opened: victimsPage("sign-out"),
		Effect: "After Vera had signed out, a request of hers that was still on its way brought the session back, and your copy opened her account.",
		Hints: [3]string{
			"Try the copy after the sign-out first: the server does end the session. What else writes that record?",
			"The library reads the record when a request begins and writes all of it when the request ends. What if the sign-out falls in between?",
			"Sign in, copy, begin the slow request, sign out, let the slow request arrive. Then send GET /account with the copy.",
		},
		Solution: []string{"Let Vera sign in, and copy the cookie.", "Let her begin a slow request, which has read the record.", "Let her sign out: the record is deleted.", "Let the slow request arrive: it writes the record back.", "Send GET /account with your copy: 200."},
		Thinking: "Two requests that each do the right thing can undo each other. List who writes a fact, and for each what it believes when it writes. Here one wrote what it had read long ago. The cure is a write that names what it expects: no row with an end is changed any more.",
		Wrong:    Code{"internal/twin/portal.go", "if !p.has(LateRequestRevives) {\np.Store = &endings{Store: o.Store, ended: map[string]bool{}}\n}"},
		Right:    Code{"internal/store/session.go", "const live = `id = $1 AND token_hash = $2 AND ended_at IS NULL AND idle_expires_at > $3`"},
		onPortal: func(s *script) (bool, string) {
			vera := newBrowser(victim)
			s.demo(vera)
			copied := s.copied(vera)
			tab := newBrowser(victim)
			tab.jar[s.Cookie] = vera.jar[s.Cookie]
			read, write := io.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.do(tab, request{method: http.MethodPost, path: "/basket", body: read})
				_ = read.Close()
			}()
			_, errBegun := write.Write([]byte("plan=po"))
			before := s.opens(copied)
			s.post(vera, "/logout")
			_, errEnded := write.Write([]byte("rch"))
			_ = write.Close()
			<-done
			s.needs(before && errBegun == nil && errEnded == nil)
			return !s.opens(copied), "The slow request ended after the sign-out, and your copy opened nothing. It may write its values; who is signed in stands in a row that has an end."
		},
	},
	{
		Lesson: "listing-and-ending", Target: "/account", Fault: twin.OthersStay,
		Goal:  "Stay in the victim\u2019s account after the victim has signed out everywhere else.",
		Story: "You copied the cookie of Vera\u2019s phone. She sees a session too many, and presses the button that should throw you out.",
		Moves: []Move{signIn, copyCookie, endOthers}, opened: victimsPage("end-others"),
		Effect: "Your copy opened Vera\u2019s account after she had signed out everywhere else.",
		Hints: [3]string{
			"The page says that it is done. Does anything else say so?",
			"To end a session of somebody else\u2019s browser, the server has to find it by its owner. Try whether it did.",
			"Sign in, copy, sign out everywhere else. Then send GET /account with the copy.",
		},
		Solution: []string{"Let Vera sign in on her phone, and copy the cookie.", "Let her sign out everywhere else.", "Send GET /account with your copy: 200."},
		Thinking: "A store that knows records by their tokens alone cannot answer \u201cwhich are Vera\u2019s?\u201d without reading all of them, so the button is often only a page. Test an ending from where it should be felt, not from where it was pressed.",
		Wrong:    Code{"internal/twin/pages.go", "if _, err := p.eachOfMine(r, !p.has(OthersStay)); err != nil {"},
		Right:    Code{"internal/store/session_end.go", "ended, err = s.endMany(ctx, tx, `user_id = $4 AND id <> $5`, m.At, session.ReasonRevoked, m.By.SessionID, m.By.UserID, m.Except)"},
		onPortal: func(s *script) (bool, string) {
			phone, laptop := newBrowser(victim), newBrowser(victim)
			email, password := s.demo(phone)
			copied := s.copied(phone)
			before := s.opens(copied)
			s.post(laptop, "/login", "email", email, "password", password)
			s.needs(before && s.opens(laptop))
			s.post(laptop, "/account/sessions/end-others", "password", password)
			return s.opens(laptop) && !s.opens(copied), "One statement ended every other session of the account, and your copy opens nothing."
		},
	},
	{
		Lesson: "a-new-password", Target: "/account", Fault: twin.PasswordLeavesOthers,
		Goal:  "Stay in the victim\u2019s account after the victim has changed the password.",
		Story: "You copied the cookie of Vera\u2019s phone. She has a bad feeling, and changes her password on her computer.",
		Moves: []Move{signIn, copyCookie, newPassword}, opened: victimsPage("new-password"),
		Effect: "Your copy opened Vera\u2019s account after she had changed her password.",
		Hints: [3]string{
			"You do not need her password. What do you need?",
			"A session was opened by the old password, and does not ask for it again. Does anybody end it?",
			"Sign in, copy, change the password. Then send GET /account with the copy.",
		},
		Solution: []string{"Let Vera sign in on her phone, and copy the cookie.", "Let her change the password on her computer.", "Send GET /account with your copy: 200."},
		Thinking: "People change a password to throw somebody out. What they mean by an action is a requirement, whether it was written down or not.",
		Wrong:    Code{"internal/twin/pages.go", "if _, err := p.eachOfMine(r, !p.has(PasswordLeavesOthers)); err != nil {"},
		Right:    Code{"internal/store/account_credentials.go", "ended, err = s.endMany(ctx, tx, `user_id = $4 AND id <> $5`, c.At, c.Reason, c.Session.ID, userID, c.Session.ID)"},
		onPortal: func(s *script) (bool, string) {
			phone, laptop := newBrowser(victim), newBrowser(victim)
			email, password := s.demo(phone)
			copied := s.copied(phone)
			before := s.opens(copied)
			s.post(laptop, "/login", "email", email, "password", password)
			s.needs(before && s.opens(laptop))
			s.post(laptop, "/account/security/password", "current_password", password, "password", "nine patient lanterns at sea")
			return s.opens(laptop) && !s.opens(copied), "The new password and the end of all other sessions are one transaction: both happen or neither."
		},
	},
}
