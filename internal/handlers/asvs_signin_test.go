package handlers

import (
	"math/bits"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/webtest"
)

// documentedLimits are the rows of docs/security/attempts.md and the rules they speak of.
var documentedLimits = map[string]guard.Limit{
	"sign-ins from one network":                                                    guard.SignIns,
	"sign-ins to one account from one network":                                     guard.AccountHere,
	"sign-ins to one account from everywhere":                                      guard.Account,
	"accounts on which one password failed":                                        guard.Sprayed,
	"sign-ins with the token of an unlock email":                                   guard.Unlocked,
	"the password and the code asked again inside a session":                       guard.Confirmations,
	"codes of one account's app":                                                   guard.Codes,
	"wrong codes at the sign-in, before the owner gets an email":                   guard.WrongCodes,
	"emails about guesses for one account, of each kind":                           guard.Warnings,
	"challenges for passkeys, for one network":                                     guard.PasskeyChallenges,
	"answers of passkeys, from one network":                                        guard.PasskeyAnswers,
	"forgotten passwords from one network":                                         guard.Resets,
	"changes of one account's address":                                             guard.EmailChanges,
	"files with everything about one account":                                      guard.Exports,
	"unknown tokens, from one network":                                             guard.UnknownTokens,
	"one-time tokens that were never sent, from one network":                       guard.OneTimeTokens,
	"sign-ups from one network":                                                    guard.SignUps,
	"emails of one kind to one address, requested from one network":                guard.EmailsHere,
	"emails of one kind to one address":                                            guard.Emails,
	"resets that the browser of an account asks for beyond those":                  guard.EmailsKnown,
	"right sign-ins to one account from one network, with a password or a passkey": guard.SignedInHere,
	"emails about what was found in one account, of each kind":                     guard.Found,
	"forms of one session from one network that no other line names":               guard.Asked,
	"changes of one account's password":                                            guard.Passwords,
	"changes of one account's second steps":                                        guard.Factors,
	"deletions of one account asked for":                                           guard.Deletions,
	"payments of one account":                                                      guard.Payments,
	"orders of one administrator":                                                  guard.Orders,
	"all these of one network's demo accounts":                                     guard.ChangesHere,
	"baskets of visitors from one network":                                         guard.Baskets,
	"buttons of labs, from one network":                                            guard.Labs,
	"demo accounts for one network":                                                guard.Demos,
	"changes of one account's name, and as many of the names of its passkeys":      guard.NameChanges,
	"changes of how one account pays":                                              guard.PaymentMethods,
}

func attemptsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/security/attempts.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(between(string(doc), "| --- | --- | --- | --- |\n", "\n\n") + "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			t.Fatalf("cannot read %q", line)
		}
		rows++
		what, burst, every := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])
		rule, ok := documentedLimits[what]
		if !ok {
			t.Errorf("%q is no limit", what)
			continue
		}
		want := words(rule.Every)
		if rule.Growth == guard.Growth {
			want = "grows from " + want
		} else if rule.Growth != (ratelimit.Growth{}) {
			t.Errorf("%s grows in a way of its own, which the page does not describe", what)
		}
		if burst != strconv.Itoa(rule.Burst) || every != want {
			t.Errorf("%s: documented as %s and then one each %s, in force are %d and %s", what, burst, every, rule.Burst, want)
		}
	}
	source, err := os.ReadFile("../guard/limits.go")
	if err != nil {
		t.Fatal(err)
	}
	limits := len(regexp.MustCompile(`(?m)^\t[A-Z]\w* += Limit{`).FindAllString(string(source), -1)) - 1 // two share a row
	if rows != limits || rows != len(documentedLimits) || guard.PasskeyNames.Rule != guard.NameChanges.Rule {
		t.Errorf("%d limits documented and %d tested, %d in force", rows, len(documentedLimits), limits)
	}
	page := strings.Join(strings.Fields(string(doc)), " ")
	if want := (ratelimit.Growth{Max: time.Hour, ResetAfter: 24 * time.Hour, LockAfter: 100}); guard.Growth != want ||
		!strings.Contains(page, "from a minute to an hour. After 100 in a row it is a day") {
		t.Error("what grows is documented otherwise")
	}
	if guard.NetworksOfSite != 4 || !strings.Contains(page, "may do four times as much") {
		t.Error("the limit of a /48 is documented otherwise")
	}
}

func pathwaysAreDocumented(t *testing.T) {
	documented, tested := slices.Sorted(slices.Values(documentedSignIns(t))), slices.Sorted(slices.Values(signIns))
	if !slices.Equal(documented, tested) {
		t.Errorf("docs/access.md names %q, TestOnlyTheseRoutesSignIn finds %q", documented, tested)
	}
}

func guessesWait(t *testing.T) {
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u, other := p.newUser("Gwen"), p.newUser("Otto")
		for n := range guard.Account.Burst { // from many networks
			b := p.browser()
			b.IP = "198.51." + strconv.Itoa(n) + ".1"
			b.guess(u.Email).Want(http.StatusUnprocessableEntity)
		}
		right := func(u auth.User) *webtest.Answer {
			return p.browser().Post("/login", "email", u.Email, "password", password)
		}
		sameAnswer(t, "the right password during the wait", right(u).Want(http.StatusTooManyRequests), p.browser().guess(u.Email))
		right(other).Want(http.StatusSeeOther)
		time.Sleep(guard.Account.Every)
		right(u).Want(http.StatusSeeOther)
		for range guard.AccountHere.Burst - 1 {
			p.browser().guess(u.Email).Want(http.StatusUnprocessableEntity)
		}
		right(u).Want(http.StatusSeeOther)
	})
}

func noDefaultAccounts(t *testing.T) {
	p := newPortal(t)
	if n := p.count(`SELECT count(*) FROM users`); n != 0 {
		t.Errorf("a new database has %d accounts, want none", n)
	}
	p.limits.Limiter = limiterOff{}
	p.sprays.Limiter = limiterOff{}
	for _, email := range []string{"admin", "root", "admin@example.com", "grace@example.com", "test@example.com", "admin@localhost"} {
		for _, guess := range []string{"", "admin", "password", "changeme", "gatehouse"} {
			p.browser().Post("/login", "email", email, "password", guess).Want(http.StatusUnprocessableEntity)
		}
	}
}

// Every link of an email, opened and pressed, leaves a browser as signed out as it was.
func emailsSignNobodyIn(t *testing.T) {
	p := newPortal(t)
	u, email := p.newUser("Lettie"), webtest.Email()
	p.browser().Post("/signup", "name", "New", "email", email, "password", password).Want(http.StatusSeeOther)
	p.browser().Post("/signup", "name", "New", "email", u.Email, "password", password).Want(http.StatusSeeOther)
	for range guard.AccountHere.Burst + 1 {
		p.browser().guess(u.Email)
	}
	for _, message := range []string{p.email(email, "confirm/"), p.email(u.Email, "unlock="), p.email(u.Email, "account")} {
		for _, link := range linkInText.FindAllStringSubmatch(message, -1) {
			b := p.browser()
			b.Get(link[1])
			b.Post(link[1])
			if b.Alive() {
				t.Errorf("a link of an email signed somebody in:\n%s", message)
			}
		}
	}
}

func addressesAreNotTold(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	for _, q := range questions {
		ask := q.begin(p)
		sameAnswer(t, q.name, ask(states["known"](p)), ask(webtest.Email()))
	}
}

func firstTokensAreShortLived(t *testing.T) {
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		seen := map[string]bool{}
		ask := func() (email, link string) {
			email = webtest.Email()
			p.browser().Post("/signup", "name", "Keya", "email", email, "password", password).Want(http.StatusSeeOther)
			link = linkIn(t, p.email(email, "confirm/"))
			key := strings.TrimPrefix(link, "/email/confirm/")
			if bits := len(key) * bits.Len(31); seen[key] || bits < 128 {
				t.Errorf("a key of %d bits, seen before: %t", bits, seen[key])
			}
			seen[key] = true
			return email, link
		}
		email, link := ask()
		p.browser().Post("/login", "email", email, "password", strings.TrimPrefix(link, "/email/confirm/")).Want(http.StatusUnprocessableEntity)
		p.browser().Post(link).Want(http.StatusSeeOther)
		p.browser().Post(link).Leads(link)
		_, link = ask()
		time.Sleep(account.SignUpValid)
		p.browser().Post(link).Want(http.StatusGone)
	})
}
