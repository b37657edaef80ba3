package main

import "time"

// What the templates of an account read, under the names they read it by, with what a demo account shows.

type event struct {
	Icon, Text, From, ID, Session string
	At                            time.Time
	Risk, Ask                     bool
}

type day struct {
	Date   time.Time
	Events []event
}

type bar struct {
	Percent   int
	Left, How string
	Ends      time.Time
}

type card struct {
	Handle, Act, Icon, Device, Agent, Flag, Method, IP, SignedInIP, Country, SignedInCountry string
	Current, Remembered, ActiveNow, Unclaimed, Asks                                          bool
	LastSeen, SignedIn                                                                       time.Time
	Idle, Lifetime                                                                           bar
}

type endedCard struct {
	Icon, Device, IP, Why string
	At                    time.Time
}

type recommendation struct{ Icon, Text, Link, Label string }

type choice struct{ Value, Label string }

const (
	handle = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	agent  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)

var (
	began = time.Now()
	this  = card{Handle: handle, Act: handle, Current: true, Icon: "globe", Device: "Unknown browser", ActiveNow: true, SignedIn: began, LastSeen: began,
		Method: "password", IP: "127.0.0.1", Idle: bar{0, "30 min", "hour", began}, Lifetime: bar{0, "2 h", "hour", began}}
	another = card{Handle: handle, Act: handle, Icon: "monitor", Device: "Chrome on Windows", Agent: agent, Remembered: true, SignedIn: began.Add(-50 * time.Hour),
		LastSeen: began.Add(-2 * time.Hour), Method: "password", IP: "198.51.100.23", Idle: bar{1, "6 d", "end", began}, Lifetime: bar{7, "28 d", "end", began}}

	overview = &struct {
		Layout
		Session         card
		Recommendations []recommendation
		Asking          []card
		GoodToKnow      []card
		Securing        time.Time
		Others          int
		PasswordChanged time.Time
		App, Passkeys   bool
		Recent          []event
		Basket          string
	}{
		Layout: layoutOf("overview", "/account"), Session: this, Asking: []card{flagged(another)}, Others: 4, PasswordChanged: began.Add(-21 * 24 * time.Hour), Recent: events(5),
		Recommendations: []recommendation{{"shield-check", "Your password alone opens your account. With a passkey or an authenticator app, whoever learns the password still cannot sign in.",
			"/account/security", "Set up a second step"}},
	}

	sessions = &struct {
		Layout
		Current card
		Asking  []card
		Others  []card
		Count   int
		Ended   []endedCard
		Limit   int
	}{
		Layout: layoutOf("sessions", "/account/sessions"), Current: this, Asking: []card{flagged(another)}, Others: []card{another, another, another},
		Count: 4, Ended: endedCards(5), Limit: 20,
	}

	activity = &struct {
		Layout
		Days                         []day
		Kinds                        []choice
		Kind, Query, Older, Download string
		First                        bool
	}{
		Layout: layoutOf("activity", "/account/activity"), First: true, Download: "/account/activity.csv", Days: days(),
		Kinds: []choice{{"", "Everything"}, {"sign-ins", "Signing in"}, {"sessions", "Sessions and their ends"}, {"account", "Account and security"}, {"payments", "Payments"}},
	}

	security = &struct {
		Layout
		PasswordChanged                               time.Time
		Sessions, MinLength, Passkeys, Codes, OfCodes int
		WindowText                                    string
		App                                           time.Time
		SecondFactor, Lacking, FewCodes               bool
		Signals                                       struct{ JSON string }
		Problems                                      problems
	}{
		Layout: layoutOf("security", "/account/security"), PasswordChanged: began.Add(-21 * 24 * time.Hour), Sessions: 5, MinLength: 15, WindowText: "15 minutes",
		Signals: struct{ JSON string }{`{"rpId":"localhost","userId":"BBBBBBBBBBBBBBBBBBBBBBBBBB","allAcceptedCredentialIds":[],"name":"visitor-bbbb-bbbb-bbbb@demo.example"}`},
	}
)

func flagged(c card) card {
	c.Asks, c.Flag = true, "A cookie that this session had replaced was used again. Somebody may have a copy of it."
	return c
}

func endedCards(n int) (all []endedCard) {
	for range n {
		all = append(all, endedCard{"monitor", "Firefox on Windows", "192.0.2.140", "Signed out from another device", began.Add(-9 * 24 * time.Hour)})
	}
	return all
}

// events are lines of the trail, every third of them one to check.
func events(n int) (all []event) {
	for i := range n {
		e := event{Icon: "key-round", Text: "Signed in with a password", From: "Chrome on Windows, 198.51.100.23", ID: handle, At: began.Add(-5 * time.Hour), Risk: i%3 == 0, Ask: i%3 == 0}
		if i%2 == 0 {
			e.Session = handle
		}
		all = append(all, e)
	}
	return all
}

func days() (all []day) {
	for n := range 10 {
		all = append(all, day{began.AddDate(0, 0, -n), events(2)})
	}
	return all
}

// layoutOf is the frame of a page for the visitor of a demo.
func layoutOf(nav, path string) Layout {
	now := time.Now()
	return Layout{Nav: nav, Path: path, Here: path, SignedIn: &signedIn{
		Name: "Demo visitor", Email: "visitor-bbbb-bbbb-bbbb@demo.example", Initials: "DV", Handle: handle, User: "demo-BBBBBBBBBBBBBBBBBBBBBBBBBB",
		IdleText: "30 minutes", IdleEnds: now.Add(30 * time.Minute), IdleMS: 1_800_000, AbsoluteMS: 7_200_000, WarnMS: 120_000,
		Demo: &demo{Until: now.Add(2 * time.Hour), Password: "bbbbb-bbbbb-bbbbb-bbbbb"},
	}}
}
