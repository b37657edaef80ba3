package guard

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/ratelimit"
)

// newGuard is one on which no unlock token is ever asked for.
func newGuard() *Guard {
	trail := audit.NewTrail(nil, slog.New(slog.DiscardHandler))
	return New(Options{Attempts: ratelimit.NewMemory(), Sprays: ratelimit.NewMemory(), Audit: trail})
}

// network is one client in a network of its own.
func network(n int) device.Client { return device.Client{IP: fmt.Sprintf("2001:db8:%x::1", n)} }

// What was given back because nobody could answer counts when it is tried again: a password, on one account of many.
func TestSprayIsGivenBack(t *testing.T) {
	t.Parallel()
	g := newGuard()
	n := 0
	try := func(email string) (auth.SignInAttempt, error) {
		n++
		return g.BeginSignIn(t.Context(), auth.PasswordSignIn{Email: email, Password: "Spring is here 2026"}, network(n))
	}
	busy, err := try("first@example.org")
	if err != nil {
		t.Fatal(err)
	}
	busy.Return(t.Context())
	for i := range Sprayed.Burst {
		email := "first@example.org"
		if i > 0 {
			email = strconv.Itoa(i) + "@example.org"
		}
		if _, err := try(email); err != nil {
			t.Fatalf("%s: %v", email, err)
		}
	}
	_, err = try("last@example.org")
	limited, ok := errors.AsType[*auth.LimitedError](err)
	if !ok || limited.Account != "" {
		t.Errorf("one account more than the limit allows: got %v", err)
	}
}

// What a refused sign-in took from the limits before the one that refused it is given back.
func TestRefusalTakesNothing(t *testing.T) {
	t.Parallel()
	g := newGuard()
	guess := func(i int) error {
		_, err := g.BeginSignIn(t.Context(), auth.PasswordSignIn{Email: "ada@example.org", Password: strconv.Itoa(i)}, network(1))
		return err
	}
	for i := range AccountHere.Burst {
		if err := guess(i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * SignIns.Burst {
		limited, ok := errors.AsType[*auth.LimitedError](guess(i))
		if !ok || limited.Account != "ada@example.org" {
			t.Fatalf("refusal %d is not the account's: %+v", i, limited)
		}
	}
}

// The token of an unlock email is looked up within the limit of one-time tokens, and only if it can be one: newGuard has no
// database to ask.
func TestInventedUnlockTokens(t *testing.T) {
	t.Parallel()
	g := newGuard()
	typed := auth.PasswordSignIn{Email: "ada@example.org", Password: "x", Unlock: "invented"}
	if _, err := g.BeginSignIn(t.Context(), typed, network(1)); err != nil {
		t.Fatal(err)
	}
	for range OneTimeTokens.Burst {
		g.FromNetwork(t.Context(), OneTimeTokens, network(1))
	}
	typed.Unlock = auth.NewToken()
	if _, err := g.BeginSignIn(t.Context(), typed, network(1)); err != nil {
		t.Fatal(err)
	}
}

// Emails to one reader wait, from however many networks they are asked for, and those to others do not.
func TestEmailsToOneReader(t *testing.T) {
	t.Parallel()
	g := newGuard()
	for i := range Emails.Burst {
		if _, wait := g.MayWriteTo(t.Context(), ResetEmails, "ada@example.org", network(i)); wait > 0 {
			t.Fatalf("email %d of %d is refused", i+1, Emails.Burst)
		}
	}
	if _, wait := g.MayWriteTo(t.Context(), ResetEmails, "ada@example.org", network(Emails.Burst)); wait == 0 {
		t.Error("one email more than the limit allows")
	}
	if _, wait := g.MayWriteTo(t.Context(), ResetEmails, "grace@example.org", network(0)); wait > 0 {
		t.Error("somebody else's email is refused")
	}
}

// The owner of an account that is guessed at is written to once for each reason, not once for each guess.
func TestOwnerIsWarnedOnce(t *testing.T) {
	t.Parallel()
	g := newGuard()
	warned := 0
	for i := range 3 * WrongCodes.Burst {
		if _, ok := g.WarnOfCodes(t.Context(), "ada"); ok {
			warned++
			if i < WrongCodes.Burst {
				t.Errorf("warned of wrong code %d", i+1)
			}
		}
	}
	if warned != 1 {
		t.Errorf("warned %d times of wrong codes, want once", warned)
	}
	if !g.OffersUnlock(t.Context(), "ada@example.org") || g.OffersUnlock(t.Context(), "ada@example.org") {
		t.Error("an unlock email is not offered once")
	}
}

// Whoever has a copy of a cookie uses up what the session may do from their own network, and demo accounts what they may do together:
// neither keeps anybody else waiting.
func TestAskedOfOneNetwork(t *testing.T) {
	t.Parallel()
	g := newGuard()
	from := func(userID, ip string, l Limit) time.Duration {
		_, wait := g.FromAccount(t.Context(), l, audit.Actor{UserID: userID, SessionID: "s" + userID, Client: device.Client{IP: ip}})
		return wait
	}
	for range Asked.Burst {
		from("ada", "192.0.2.1", Asked)
	}
	if from("ada", "192.0.2.1", Asked) == 0 || from("ada", "198.51.100.1", Asked) > 0 {
		t.Error("the session does not wait on one network, or on another")
	}
	for n := range ChangesHere.Burst {
		from(audit.DemoID+strconv.Itoa(n), "192.0.2.1", NameChanges)
	}
	if from(audit.DemoID+"last", "192.0.2.1", NameChanges) == 0 || from(audit.DemoID+"last", "192.0.2.1", Passwords) > 0 || from("bea", "192.0.2.1", NameChanges) > 0 {
		t.Error("a demo account does not wait for the others of its network, or it does with its password, or a member does")
	}
}
