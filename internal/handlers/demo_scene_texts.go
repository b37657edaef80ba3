package handlers

import "example.com/gatehouse/internal/demo"

// The scenes that begin on other pages: what is done there changes rows, and their pages read these.
const (
	scenePay      = "pay"
	scenePassword = "password"
)

// A sceneText is what the page of a scene says, whatever came of it.
type sceneText struct {
	Number  int
	Title   string
	About   string // before it: what will happen
	Button  string // that begins it; "" where Link leads there
	Link    wayOn
	Why     string // after it: what the change was, and why
	Sources []sourceLine
}

// A sourceLine names a function that did something, and the file that it is in. A test looks for it there.
type sourceLine struct{ File, Function, Does string }

// guide is the order of the scenes. The last of them belongs to the one of the warning.
var guide = []string{demo.SceneDevices, demo.SceneSecondDevice, demo.SceneThief, demo.SceneWarning, scenePay, scenePassword}

var sceneTexts = map[string]sceneText{
	demo.SceneDevices: {
		Number: 1, Title: "Sign a device out",
		About:  "Your demo is signed in on several made-up devices. One press and one of them opens a page, you sign it out, and it opens the page again.",
		Button: "Sign one out",
		Why: "One UPDATE wrote the time and the reason into its row. Its cookie stayed what it was, and the next request with it found a row that is over. " +
			"On your devices page the same press asks for your password first.",
		Sources: []sourceLine{
			{"internal/session/end.go", "Revoke", "ends it"},
			{"internal/store/session_end.go", "endMany", "the UPDATE"},
			{"internal/session/resume.go", "resumeEnded", "answers the request that came after"},
		},
	},
	demo.SceneSecondDevice: {
		Number: 2, Title: "A second screen",
		About:  "One press makes a link that signs your phone, or a private window, in to this demo. It works once, for two minutes. Then sign that screen out from here.",
		Button: "Make a link",
		Why: "The link was spent in the transaction that opened the session, so of two who follow it one gets in. The session has a row and a token of its own. Ending " +
			"it wrote a line for the pages that are open there, which go dark at once. Without scripts the next request is refused.",
		Sources: []sourceLine{
			{"internal/auth/demo_link.go", "CheckDemoLink", "makes the proof that the link is"},
			{"internal/store/auth_spend.go", "useUp", "spends it with what it opens"},
			{"internal/session/end.go", "Revoke", "ends the session"},
			{"internal/live/hub.go", "Open", "tells the pages that are open"},
		},
	},
	demo.SceneThief: {
		Number: 3, Title: "A thief",
		About:  "One press gives your browser its next cookie. Two seconds later somebody far away comes with the one before, through our own front door. Watch what we notice.",
		Button: "Let a cookie be stolen",
		Why: "No row has that token any more, but one had it before, and its browser has shown the next one. So two have held this cookie. The copy opened nothing, " +
			"your session goes on, and it is flagged: you say whether it was you.",
		Sources: []sourceLine{
			{"internal/store/session.go", "rotate", "swaps the hash of the token and keeps the one before"},
			{"internal/session/resume.go", "Resume", "finds it there"},
			{"internal/session/flag.go", "usedAgain", "flags the session, once"},
			{"internal/handlers/notify.go", "warnOwner", "writes to you"},
		},
	},
	demo.SceneWarning: {
		Number: 4, Title: "The warning, now",
		About: "The warning comes when a session is about to end for want of use. One press and yours has a minute left, as if you had been away. " +
			"A banner appears, then a dialog: stay, or let it end and read why.",
		Button: "Leave me one minute",
		Why: "The press moved the last use and the end that follows from it, never to later. This page only looks, so it gives you no time. " +
			"“Stay signed in”, or any other page, counts as use and begins the idle time again.",
		Sources: []sourceLine{
			{"internal/store/demo_scene.go", "ShortenInScene", "moved both times back"},
			{"internal/handlers/session_state.go", "sessionState", "tells the script how long is left, and extends nothing"},
			{"internal/session/touch.go", "Extend", "is what “Stay signed in” does"},
			{"internal/session/resume.go", "overdue", "ends what nobody has used"},
		},
	},
	demo.SceneExpire: {
		Number: 4, Title: "The end, now",
		About:  "One press and your session has been idle for too long. The next request finds that, ends it, and says why. Your demo stays: “Back to my demo” opens it again.",
		Button: "Let it end",
		Why: "Nobody waits for a session to end. The first request after its time, which we made with your cookie, found the row overdue and ended it with the reason. " +
			"What you see here is the row of that session; you are in another one now.",
		Sources: []sourceLine{
			{"internal/store/demo_scene.go", "ShortenInScene", "moved the end of the session to now"},
			{"internal/session/resume.go", "overdue", "finds it when the next request comes"},
			{"internal/session/end.go", "endNow", "ends it once, whoever notices first"},
			{"internal/handlers/demo_back.go", "goBack", "opened the demo again"},
		},
	},
	scenePay: {
		Number: 5, Title: "Pay once",
		About: "Choose a plan and a test card, and pay. You confirm who you are for this amount and this payee alone. Press twice, go back, and press again: there is one payment. " +
			"Nothing is ever charged.",
		Link: wayOn{"/plans", "Choose a plan"},
		Why: "The form carries the order and a value of its own. The payment is one row per order, written with the answer to the press, so a second press is given the " +
			"first answer and a third finds the order paid.",
		Sources: []sourceLine{
			{"internal/handlers/billing_checkout.go", "pay", "asks for the confirmation and compares the bill"},
			{"internal/handlers/act.go", "answerAgain", "answers a press that is repeated"},
			{"internal/billing/payment.go", "Pay", "pays an order once"},
		},
	},
	scenePassword: {
		Number: 6, Title: "Change the password",
		About: "Change the password of this demo, and see every other session of it end in the same moment. Yours goes on, with another cookie. " +
			"The password you have now stands above, in the line about the demo.",
		Link: wayOn{"/account/security/password", "Change the password"},
		Why:  "Whoever knew the old password may be signed in with it. So the change, the end of the others and your next token are one transaction: all of it happened or nothing did.",
		Sources: []sourceLine{
			{"internal/handlers/security_password.go", "changePassword", "asks for the old one"},
			{"internal/account/password.go", "ChangePassword", "makes one change of it"},
			{"internal/store/account_credentials.go", "changeCredentials", "the transaction"},
		},
	},
}
