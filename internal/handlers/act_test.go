package handlers

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// traces are what an act may leave once: events, sessions that live, and emails that are stored with what they are about.
func (p *portal) traces() [3]int {
	return [3]int{p.count(`SELECT COALESCE(sum(times), 0) FROM events`), p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`), p.emailsStored()}
}

// leaves is what a press of a form adds to the traces.
func (p *portal) leaves(press func()) (added [3]int) {
	p.t.Helper()
	before := p.traces()
	press()
	for i, n := range p.traces() {
		added[i] = n - before[i]
	}
	return added
}

// emailsStored are the emails that were stored with what they are about. None of them is deleted: see emailStore.
func (p *portal) emailsStored() int {
	p.t.Helper()
	n, err := p.store.CountEmails(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// The answer to a press is lost, and the person presses again: one change, the same token, the place that was meant. It
// makes no difference whether the second press brings the cookie from before or the new one.
func TestPressedAgain(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for name, ready := range actForms {
			t.Run(name, func(t *testing.T) {
				x := ready(p)
				lost, stored := &browser{x.b.Twin(), p}, p.count(`SELECT count(*) FROM acts`)
				logged := p.log.Len()
				x.send(lost).Leads(x.leads)
				if strings.Contains(p.log.After(logged), pressedElsewhere) {
					t.Errorf("POST %s: the first press gets an answer that was stored: call answered once the change is made", x.action)
				}
				if p.count(`SELECT count(*) FROM acts`) != stored+1 {
					t.Errorf("POST %s: its answer is not stored: hand what leadsTo, or its like in act.go, returns to the transaction", x.action)
				}
				once, before := p.traces(), x.b.Token()
				x.send(x.b).Leads(x.leads)
				if x.stays || x.leads == signedOutPage {
					if again := p.traces(); again != once {
						t.Errorf("%d events, live sessions and emails after the second press, want %d as after the first", again, once)
					}
					return
				}
				if x.b.Token() != lost.Token() || x.b.Token() == before {
					t.Fatalf("token %.5s, first answer %.5s, before %.5s: want that of the first answer", x.b.Token(), lost.Token(), before)
				}
				x.send(x.b).Leads(x.leads)
				if x.b.Token() != lost.Token() {
					t.Error("a third press, with the new cookie, led to another token")
				}
				if again := p.traces(); again != once {
					t.Errorf("%d events, live sessions and emails after the second press, want %d as after the first", again, once)
				}
				x.b.Get(x.leads).Want(http.StatusOK)
				if before != "" && p.replay(before).StatusCode == http.StatusOK {
					t.Error("the token from before opens the account")
				}
			})
		}
	})
}

// Each form of an act is pressed by the tests of this file.
func TestActsHaveForms(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	pressed := map[*route]bool{p.app.route(http.MethodPost, "/password/forgot"): true} // by TestForgotPressedAgain
	for _, ready := range actForms {
		pressed[p.app.route(http.MethodPost, p.app.routes.Find(chi.NewRouteContext(), http.MethodPost, ready(p).action))] = true
	}
	for key, rt := range p.app.table {
		sharesAForm := strings.HasSuffix(rt.pattern, "/{token}")
		if rt.act && !pressed[rt] && !sharesAForm {
			t.Errorf("%s is an act, and nothing presses its form twice: add one to actForms", key)
		}
	}
}

// Two presses at the same moment change one thing and have one answer.
func TestPressedAtOnce(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for name, ready := range actForms {
			t.Run(name, func(t *testing.T) {
				x := ready(p)
				once := p.leaves(func() { x.send(x.b).Leads(x.leads) })
				x = ready(p)
				twins := make([]*browser, 4)
				var all sync.WaitGroup
				if left := p.leaves(func() {
					for i := range twins {
						twins[i] = &browser{x.b.Twin(), p}
						twins[i].Tolerant = true
						all.Go(func() { x.send(twins[i]).Leads(x.leads) })
					}
					all.Wait()
				}); left != once {
					t.Errorf("%d events, live sessions and emails more, want %d as after one press", left, once)
				}
				if x.stays || x.leads == signedOutPage {
					return
				}
				for _, b := range twins {
					if b.Token() != twins[0].Token() {
						t.Errorf("tokens %.5s and %.5s, want one", b.Token(), twins[0].Token())
					}
				}
				twins[0].Get(x.leads).Want(http.StatusOK)
				if n := p.count(`SELECT count(*) FROM sessions WHERE flag <> '' AND user_id = $1`, x.owner.ID); n != 0 {
					t.Errorf("%d sessions flagged, want none", n)
				}
			})
		}
	})
}

// An ending takes the cookie with it, so whoever presses again after its answer came has none.
func TestEndingPressedWithoutCookie(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, name := range []string{"end of all", "deletion"} {
		x := actForms[name](p)
		x.send(x.b).Leads(signedOutPage)
		if x.b.Token() != "" {
			t.Errorf("%s: the cookie stays", name)
		}
		x.send(x.b).Leads(signedOutPage)
	}
}

// While a press is under way, the same press does nothing but wait.
func TestSecondPressWaits(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		x := actForms["re-authentication"](p)
		before := x.b.Token()
		release := p.app.presses.hold(t.Context(), act.Of(actIn(x.page, x.action), x.action, "", "", nil).Key())
		done := make(chan struct{})
		go func() {
			x.send(x.b)
			close(done)
		}()
		time.Sleep(lookUpWithin / 2)
		if x.b.Token() != before {
			t.Error("the second press was answered before the first")
		}
		release()
		<-done
		if x.b.Token() == before {
			t.Error("the second press was not answered")
		}
	})
}

// Whoever has the old cookie has nothing: not without the act, not with other fields, not from another browser, not after
// half a minute.
func TestPressedByAThief(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		for name, ready := range actForms {
			for way, steal := range map[string]func(press, *browser) *webtest.Answer{
				"without the act":      func(x press, b *browser) *webtest.Answer { return x.send(b, "act", "") },
				"with another act":     func(x press, b *browser) *webtest.Answer { return x.send(b, "act", act.New()) },
				"with other fields":    func(x press, b *browser) *webtest.Answer { return x.send(b, "more", "x") },
				"from another browser": func(x press, b *browser) *webtest.Answer { return x.send(b.as(webtest.FirefoxOnWindows)) },
				"late":                 func(x press, b *browser) *webtest.Answer { time.Sleep(act.Valid); return x.send(b) },
			} {
				x := ready(p)
				if x.b.Token() == "" || x.stays {
					continue // there is no old cookie, or no new one
				}
				old := &browser{x.b.Twin(), p}
				x.send(x.b).Leads(x.leads)
				time.Sleep(3 * time.Second) // longer than a request is on its way
				got := steal(x, old)
				if old.Token() == x.b.Token() && old.Alive() {
					t.Errorf("%s, %s: got the token (%d)", name, way, got.StatusCode)
				}
				time.Sleep(time.Hour) // so that no limit is reached
			}
		}
	})
}

// The answer of a press is for the cookie that it came with, or the one that it led to.
func TestPressBelongsToItsCookie(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	x := actForms["re-authentication"](p)
	stranger, visitor := p.signedIn(p.newUser("Sam")), p.browser()
	x.send(x.b).Leads(x.leads)
	for who, b := range map[string]*browser{"somebody else": stranger, "a visitor": visitor} {
		if x.send(b); b.Token() == x.b.Token() {
			t.Errorf("%s got the token", who)
		}
	}
}

// A press that is repeated after the session has rotated again leaves the newer cookie alone.
func TestPressAfterTheNextRotation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	x := actForms["re-authentication"](p)
	late := &browser{x.b.Twin(), p} // whose answer comes after the next one
	x.send(x.b).Leads(x.leads)
	x.b.Reauth(password).Leads("/account/sessions")
	res := x.send(late)
	res.Leads(x.leads)
	if lines := res.Header.Values("Set-Cookie"); len(lines) > 0 {
		t.Errorf("the cookie was changed: %q", lines)
	}
	if !x.b.Alive() {
		t.Error("the session is gone")
	}
}

// No press is kept for ever, and none is answered after its time.
func TestActsAreSwept(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		x := actForms["re-authentication"](p)
		x.send(x.b).Leads(x.leads)
		if n := p.count(`SELECT count(*) FROM acts`); n != 1 {
			t.Fatalf("%d acts stored, want 1", n)
		}
		time.Sleep(act.Valid)
		if err := p.app.Acts.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM acts`); n != 0 {
			t.Errorf("%d acts after their time, want none", n)
		}
	})
}

// A failed press is no act: the next one may succeed.
func TestFailedPress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Rita"))
	page := b.Get("/reauth")
	b.Submit(page, "/reauth", "password", otherPassword).Want(http.StatusUnprocessableEntity)
	b.Submit(page, "/reauth", "password", password).Leads("/account")
}

// What is stored of an act does not open without its value and its fields.
func TestActIsSealed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	x := actForms["re-authentication"](p)
	x.send(x.b).Leads(x.leads)
	if dump := p.dumpOf("acts"); strings.Contains(dump, x.b.Token()) {
		t.Error("the token is stored in the clear")
	}
}

// Two instances get the same press at the same moment: both answer with what one of them did.
func TestPressedOnTwoInstances(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			for what, ready := range actForms {
				x := ready(p)
				once := p.leaves(func() { x.send(x.b).Leads(x.leads) })
				x = ready(p)
				browsers := []*browser{{x.b.Twin(), p}, {x.b.Twin(), q}}
				var all sync.WaitGroup
				if left := p.leaves(func() {
					for _, b := range browsers {
						b.moveTo(b.p)
						b.Tolerant = true
						all.Go(func() { x.send(b).Leads(x.leads) })
					}
					all.Wait()
				}); left != once {
					t.Errorf("%s: %d events, live sessions and emails more, want %d as after one press", what, left, once)
				}
				if !x.stays && x.leads != signedOutPage && browsers[0].Token() != browsers[1].Token() {
					t.Errorf("%s: tokens %.5s and %.5s, want one", what, browsers[0].Token(), browsers[1].Token())
				}
			}
			want := 2
			for what := range actForms {
				if strings.HasPrefix(what, "demo: ") { // it takes place in one
					want += 2
				}
			}
			if n := p.count(`SELECT count(*) FROM users WHERE id LIKE 'demo-%'`); n != want {
				t.Errorf("%d demo accounts after a press of one form and two of another, want %d", n, want)
			}
			if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'session_token_reused' AND user_id NOT LIKE 'demo-%'`); n != 0 {
				t.Errorf("%d sessions flagged, want none", n)
			}
		})
	}
}

// The same press is done on another instance after this one has found that it is new: it leaves nothing more, and costs nothing.
func TestPressedElsewhereMeanwhile(t *testing.T) {
	t.Parallel()
	stores := sqliteBackend(t)
	p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
	for name, ready := range actForms {
		x := ready(p)
		once := p.leaves(func() { x.send(x.b).Leads(x.leads) })
		x = ready(p)
		other := &browser{x.b.Twin(), q}
		other.moveTo(q)
		counts := newCountingLimiter(p.limits.Limiter)
		counts.first = func() { x.send(other).Leads(x.leads) }
		p.limits.Limiter = counts
		left := p.leaves(func() { x.send(x.b).Leads(x.leads) })
		p.limits.Limiter = counts.Limiter
		if counts.first != nil {
			continue // nothing limits this form
		}
		if left != once {
			t.Errorf("%s: %d events, live sessions and emails more, want %d as after one press", name, left, once)
		}
		for key, n := range counts.taken {
			if n != 0 {
				t.Errorf("%s: %d taken from the limit %q, want none", name, n, key)
			}
		}
	}
}

// The same press on another instance finishes the sign-in while the code of this one is checked: that is no wrong code.
func TestCodeSpentMeanwhileIsNoFailure(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, name := range []string{"second step", "recovery code"} {
		x := actForms[name](p)
		p.exec(`CREATE TRIGGER first AFTER UPDATE OF attempts_left ON pending_sign_ins BEGIN
			UPDATE totp_secrets SET last_step = 1000000000;
			UPDATE recovery_codes SET used_at = made_at;
			DELETE FROM pending_sign_ins;
		END`)
		x.send(x.b).Leads("/login?again=yes") // and to the first answer, once there is one
		p.exec(`DROP TRIGGER first`)
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'mfa_fail' AND user_id = $1`, x.owner.ID); n != 0 {
			t.Errorf("%s: %d wrong codes, want none", name, n)
		}
	}
}

// An ending that failed has not confirmed anything either: the session is as it was, and the same button ends what it says.
func TestFailedEndingIsNoAct(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for name, left := range map[string]int{"end of all": 0, "end of the others": 1} {
		x := actForms[name](p)
		before := p.sessionsOf(x.owner)
		p.exec(`CREATE TRIGGER fails BEFORE UPDATE OF ended_at ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END`)
		x.send(&browser{x.b.Twin(), p}).Want(http.StatusInternalServerError)
		p.exec(`DROP TRIGGER fails`)
		if n := p.sessionsOf(x.owner); n != before || !x.b.Alive() {
			t.Errorf("%s failed: %d sessions live, want %d and this one among them", name, n, before)
		}
		x.send(x.b).Leads(x.leads)
		if n := p.sessionsOf(x.owner); n != left {
			t.Errorf("%s: %d sessions live, want %d", name, n, left)
		}
	}
}

// A form that was sent half a minute ago may be sent again, although the row of its first press is still there.
func TestPressAfterItsTime(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ann")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		page := b.Get("/login")
		b.Submit(page, "/login", "email", u.Email, "password", password).Leads("/account")
		b.Post("/logout").Leads(signedOutPage)
		time.Sleep(act.Valid + time.Second)
		b.Submit(page, "/login", "email", u.Email, "password", password).Leads("/account")
		b.Get("/account").Want(http.StatusOK)
	})
}

// Whoever signs out and goes back to the form signs in with it, also within half a minute, and gets no token from before.
func TestSameFormAfterSignOut(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, b := p.newUser("Ann"), p.browser()
	page := b.Get("/login")
	b.Submit(page, "/login", "email", u.Email, "password", password).Leads("/account")
	before := b.Token()
	b.Post("/logout").Leads(signedOutPage)
	b = &browser{b.Fresh(), p}
	b.Submit(page, "/login", "email", u.Email, "password", password).Leads("/account")
	if b.Token() == "" || b.Token() == before {
		t.Errorf("token %.5s, before %.5s, want another", b.Token(), before)
	}
}

// A code and the value of its form are not enough to get the session: the browser has to be the one whose password was right.
func TestSecondStepNeedsItsCookie(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	x := actForms["second step"](p)
	x.send(x.b).Leads("/account")
	thief := p.browser()
	thief.Agent = x.b.Agent
	x.send(thief).Leads("/login")
	if thief.Token() != "" {
		t.Error("got a token without the cookie of the pending sign-in")
	}
}

// Whoever asks for the email of a forgotten password several times with one form gets one and uses up the limits of one, also
// while the first press is still being stored. An address without an account is answered alike: its press is stored as well.
func TestForgotPressedAgain(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	known, unknown := p.newUser("Fay").Email, webtest.Email()
	inTime(t, p, func(t *testing.T) {
		for _, email := range []string{known, unknown} {
			counts := newCountingLimiter(p.limits.Limiter)
			p.limits.Limiter = counts
			b := p.browser()
			page := b.Get("/password/forgot")
			release := p.holdWriters()
			for range guard.EmailsHere.Burst {
				b.Submit(page, "/password/forgot", "email", email).Leads("/password/forgot/sent")
			}
			release()
			counts.await(t, 1)
			b.Submit(page, "/password/forgot", "email", email).Leads("/password/forgot/sent")
			counts.await(t, 1)
			p.limits.Limiter = counts.Limiter
		}
		if emails, acts := p.emailsStored(), p.count(`SELECT count(*) FROM acts`); emails != 2 || acts != 2 {
			t.Errorf("%d emails and %d acts, want one of each for the known address, and a decoy and an act for the unknown", emails, acts)
		}
		if n := strings.Count(p.log.String(), `"msg":"password_reset_requested"`); n != 2 {
			t.Errorf("%d requests in the log, want one for each address", n)
		}
	})
}

// The answer of a press in a session is for that session's browser while the session goes on: without its cookie, after its
// end or with a disabled account the same press gets nothing.
func TestAnswerStaysInItsSession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		for name, ready := range actForms {
			for way, steal := range map[string]func(press, *browser) *browser{
				"without the cookie": func(press, *browser) *browser { return p.browser() },
				"after signing out":  func(x press, old *browser) *browser { x.b.Post("/logout").Leads("/signed-out"); return old },
				"with a disabled account": func(x press, old *browser) *browser {
					p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, time.Now().UTC(), x.owner.ID)
					return old
				},
			} {
				x := ready(p)
				if !x.stays || x.b.Token() == "" || x.owner.ID == "" {
					continue
				}
				old := &browser{x.b.Twin(), p}
				first := x.send(x.b)
				if x.b.Token() != old.Token() { // the press ended the session
					continue
				}
				got := x.send(steal(x, old))
				if got.Header.Get("Location") == first.Header.Get("Location") && got.Body == first.Body {
					t.Errorf("%s, %s: got the answer (%d to %q)", name, way, got.StatusCode, got.Header.Get("Location"))
				}
				time.Sleep(time.Hour) // so that no limit is reached
			}
		}
	})
}

// A sign-in that was begun and left waits for its second step in a cookie of its own. The forms of others are repeated as if it
// were not there.
func TestPressedAgainBesideAPendingSignIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	vera, _, _ := p.enrolled("Vera")
	for _, name := range []string{"sign-in", "re-authentication", "password", "demo"} {
		x := actForms[name](p)
		pending := p.withPassword(vera.Email).Cookies["__Host-pending"]
		x.b.Cookies["__Host-pending"] = pending
		x.send(x.b).Leads(x.leads)
		x.b.Cookies["__Host-pending"] = pending
		token := x.b.Token()
		if x.send(x.b).Leads(x.leads); x.b.Token() != token {
			t.Errorf("%s: the second press led to another token", name)
		}
	}
}
