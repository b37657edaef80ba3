package handlers

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
)

// The wait of an account doubles with each failure in a row, ends when it says, and is forgotten after a quiet day. The
// right password does not get through meanwhile, and gets the same page (ASVS v5.0.0-6.1.1, 6.3.1).
func TestWaitsOfAnAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u := p.newUser("Wanda")
		b := p.browser()
		for range 2 {
			for range guard.AccountHere.Burst {
				b.guess(u.Email).Want(422)
			}
			for _, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
				wrong := b.guess(u.Email).Want(http.StatusTooManyRequests)
				right := b.Post("/login", "email", u.Email, "password", password)
				sameAnswer(t, "the right password", right, wrong)
				if got := wrong.Header.Get("Retry-After"); got != strconv.Itoa(60*minutes) {
					t.Fatalf("Retry-After %s, want %d minutes", got, minutes)
				}
				time.Sleep(time.Duration(minutes)*time.Minute - time.Second)
				b.guess(u.Email).Want(http.StatusTooManyRequests)
				time.Sleep(time.Second)
				b.guess(u.Email).Want(422)
			}
			time.Sleep(24 * time.Hour)
		}
		b.SignIn(u.Email, password)
	})
}

// A hundred failures in a row end in a quiet day (SP 800-63B-4 section 3.2.2). The owner gets past that by email, and
// sessions that are open go on.
func TestAHundredFailures(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u := p.newUser("Hundi")
		owner := p.signedIn(u)
		failed := 0
		for began := time.Now(); time.Since(began) < 5*24*time.Hour; {
			b := p.browser()
			b.IP = "198.51." + strconv.Itoa(failed) + ".1" // each from another network
			res := b.guess(u.Email)
			if res.StatusCode == http.StatusUnprocessableEntity {
				failed++
				continue
			}
			wait, _ := strconv.Atoi(res.Want(http.StatusTooManyRequests).Header.Get("Retry-After"))
			if failed == guard.Account.LockAfter && wait > 23*60*60 {
				break
			}
			time.Sleep(time.Duration(wait) * time.Second)
			owner.Get("/account")
		}
		if failed != 100 {
			t.Errorf("%d failures before the quiet day, want 100", failed)
		}
		_, key, err := p.app.Guard.NewUnlockToken(t.Context(), u.Email, device.Client{})
		if err != nil {
			t.Fatal(err)
		}
		p.browser().Post("/login", "email", u.Email, "password", password, "unlock", key).Want(http.StatusSeeOther)
		p.browser().SignIn(u.Email, password)
	})
}
