package handlers

import (
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/webtest"
)

// A passkey is a change of the locks: this session gets another token, the others end, codes come with the first, the
// owner is told, and what was begun before is over (ASVS v5.0.0-6.3.7, 7.4.3).
func TestPasskeyEnrolment(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		u := p.newUser("Enrol")
		b, other := p.signedIn(u), p.signedIn(u)
		b.Reauth(password).Want(http.StatusSeeOther)
		token, d := b.Token(), newPasskeyDevice(t)
		b.enrol(d, "  My\tlaptop ").Leads(recoveryCodesPage)
		if b.Token() == token || p.replay(token).StatusCode == http.StatusOK {
			t.Error("the token is the one from before")
		}
		if other.Alive() {
			t.Error("another session is alive")
		}
		codes := recoveryCodesOn(t, b.Get(recoveryCodesPage).Says("Your passkey was added. Signed out 1 other session.").Body)
		b.Get(passkeysPage).Says("My laptop").Says("Not used yet").Says("Copied to your other devices")
		b.Get("/account/security").Says("1 passkey")
		b.Get("/account/activity").Says("A passkey was added")
		if message := p.email(u.Email, "A passkey was added to your account"); strings.Contains(message, "My laptop") {
			t.Error("the email repeats a name that anybody may have chosen")
		}

		// From now on a password alone opens nothing; with a recovery code it does.
		c := p.withPassword(u.Email)
		c.Post("/login/verify", "code", codes[0]).Leads("/account")

		b.enrol(newPasskeyDevice(t), "Phone").Leads("/account/security") // no second set of codes
		b.Get(passkeysPage).Says("Phone")
	})
}

// Nobody adds or removes one without having shown a short while ago who they are. A script is told where that is done.
func TestPasskeyNeedsElevation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Cold")
	first := p.signedIn(u)
	d := first.passkeyOf("Laptop")
	b := p.browser()
	b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
	got := b.postJSON(beginEnrol, struct{}{}).Want(http.StatusForbidden)
	if want := `{"error":"reauth","where":"/reauth?next=%2Faccount%2Fsecurity%2Fpasskeys"}` + "\n"; got.Body != want {
		t.Errorf("got %s, want %s", got.Body, want)
	}
	page := passkeysPage + "/" + p.passkeyID(d)
	b.Post(finishEnrol, "credential", "{}", "name", "x").Leads("/reauth?next=" + url.QueryEscape(passkeysPage))
	b.Post(page + "/remove").Leads("/reauth?next=" + url.QueryEscape(page))
	b.Get(passkeysPage).Says("we ask first who you are")
	b.Get(page).Says("only second step of your account")
	stranger := p.browser().postJSON(beginEnrol, struct{}{}).Want(http.StatusUnauthorized)
	if !strings.HasPrefix(stranger.Body, `{"error":"sign-in","where":"/login?next=`) {
		t.Errorf("a stranger's script got %s", stranger.Body)
	}
	if n := p.count(`SELECT count(*) FROM passkeys`); n != 1 {
		t.Errorf("%d passkeys", n)
	}
}

// What is wrong with an enrolment is said on the page, and nothing is changed.
func TestPasskeyEnrolmentRefused(t *testing.T) {
	t.Parallel()
	const late = "It came too late, or not from this page."
	for what, c := range map[string]struct {
		name, want string
		credential func(p *portal, b *browser, d *passkeyDevice) string
	}{
		"no name":   {"  ", "Give the passkey a name", nil},
		"long name": {strings.Repeat("n", 61), "Use at most 60 characters.", nil},
		"bidi name": {"Laptop\u202e", "Leave out invisible characters", nil},
		"nothing":   {"x", late, func(*portal, *browser, *passkeyDevice) string { return "" }},
		"unverified": {"x", late, func(_ *portal, b *browser, d *passkeyDevice) string {
			d.flags &^= userVerified
			return d.makes(b.begin(beginEnrol))
		}},
		"another origin": {"x", late, func(_ *portal, b *browser, d *passkeyDevice) string {
			d.origin = "https://evil.example"
			return d.makes(b.begin(beginEnrol))
		}},
		"another host": {"x", late, func(_ *portal, b *browser, d *passkeyDevice) string {
			d.rpID = "evil.example"
			return d.makes(b.begin(beginEnrol))
		}},
		"a challenge to sign in": {"x", late, func(_ *portal, b *browser, d *passkeyDevice) string {
			return d.makes(b.begin(beginSignIn))
		}},
		"a challenge of another session": {"x", late, func(p *portal, b *browser, d *passkeyDevice) string {
			mallory := p.signedIn(p.newUser("Mallory"))
			mallory.Reauth(password).Want(http.StatusSeeOther)
			return d.makes(mallory.begin(beginEnrol))
		}},
		"somebody else's passkey": {"x", "That passkey is in use already.", func(p *portal, b *browser, d *passkeyDevice) string {
			theirs := p.signedIn(p.newUser("Theirs")).passkeyOf("Theirs")
			d.id = theirs.id
			return d.makes(b.begin(beginEnrol))
		}},
		"an authenticator that says who made it": {"x", late, func(_ *portal, b *browser, d *passkeyDevice) string {
			d.maker = newPasskeyDevice(d.t).key
			return d.makes(b.begin(beginEnrol))
		}},
		"one that came before": {"x", late, func(p *portal, b *browser, d *passkeyDevice) string {
			answer := d.makes(b.begin(beginEnrol))
			b.Post(finishEnrol, "credential", answer, "name", "x").Want(http.StatusSeeOther)
			b.Post(passkeysPage + "/" + p.passkeyID(d) + "/remove").Want(http.StatusSeeOther)
			return answer
		}},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPortal(t)
			p.limits.Limiter = limiterOff{}
			u := p.newUser("Enrol")
			b := p.signedIn(u)
			b.Reauth(password).Want(http.StatusSeeOther)
			d := newPasskeyDevice(t)
			make := c.credential
			if make == nil {
				make = func(_ *portal, b *browser, d *passkeyDevice) string { return d.makes(b.begin(beginEnrol)) }
			}
			answer := make(p, b, d)
			b.Post(finishEnrol, "credential", answer, "name", c.name).Want(http.StatusUnprocessableEntity).Says(c.want)
			if n := p.count(`SELECT count(*) FROM passkeys WHERE user_id = $1`, u.ID); n != 0 {
				t.Errorf("%d passkeys", n)
			}
			if !b.Alive() {
				t.Error("signed out")
			}
		})
	}
}

func TestPasskeysAreLimited(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	b := p.signedIn(p.newUser("Collector"))
	b.passkeyOf("Number 1")
	early := b.begin(beginEnrol)
	for range auth.MaxPasskeys - 1 {
		b.enrol(newPasskeyDevice(t), "Another").Want(http.StatusSeeOther)
	}
	b.Get(passkeysPage).Says("as many passkeys as an account can have")
	if got := b.postJSON(beginEnrol, struct{}{}).Want(http.StatusUnprocessableEntity); !strings.Contains(got.Body, "as many passkeys") {
		t.Error(got.Body)
	}
	b.Post(finishEnrol, "credential", newPasskeyDevice(t).makes(early), "name", "x").Want(http.StatusUnprocessableEntity).Says("as many passkeys")
	if n := p.count(`SELECT count(*) FROM passkeys`); n != auth.MaxPasskeys {
		t.Errorf("%d passkeys", n)
	}
}

// Of two enrolments with one answer, or of several at once beside the last free place, one is made.
func TestPasskeyEnrolledOnce(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		for range 5 {
			u := p.newUser("Twice")
			b := p.signedIn(u)
			b.Reauth(password).Want(http.StatusSeeOther)
			answer := newPasskeyDevice(t).makes(b.begin(beginEnrol))
			var wg sync.WaitGroup
			for range 3 {
				twin := p.holding(b.Token())
				wg.Go(func() { twin.Post(finishEnrol, "credential", answer, "name", "x") })
			}
			wg.Wait()
			if n := p.count(`SELECT count(*) FROM passkeys WHERE user_id = $1`, u.ID); n != 1 {
				t.Errorf("%d passkeys, want one", n)
			}
		}
	})
}

// A removed passkey opens nothing, ends what was open elsewhere, and takes the recovery codes with it if it was the last.
func TestPasskeyRemoved(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		u := p.newUser("Remover")
		b := p.signedIn(u)
		d := b.passkeyOf("Laptop")
		phone := newPasskeyDevice(t)
		b.enrol(phone, "Phone").Want(http.StatusSeeOther)
		other := p.browser()
		other.finish(phone.answers(other.begin(beginSignIn)), "").Want(http.StatusOK)
		waiting := phone.answers(p.browser().begin(beginSignIn))
		id, token := p.passkeyID(phone), b.Token()
		b.Post(passkeysPage + "/" + id + "/remove").Leads("/account/security")
		if other.Alive() || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session, or the old token, is alive")
		}
		p.browser().finish(waiting, "").Want(http.StatusUnprocessableEntity)
		b.Post(passkeysPage + "/" + id + "/remove").Want(http.StatusNotFound)
		b.Get("/account/activity").Says("A passkey was removed")
		p.email(u.Email, "A passkey was removed from your account")
		p.withPassword(u.Email) // still two steps
		if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, u.ID); n != auth.RecoveryCodeCount {
			t.Errorf("%d recovery codes while a passkey is left", n)
		}

		b.Get(passkeysPage + "/" + p.passkeyID(d)).Says("It is the only second step of your account")
		b.Post(passkeysPage + "/" + p.passkeyID(d) + "/remove").Leads("/account/security")
		if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, u.ID); n != 0 {
			t.Errorf("%d recovery codes without a second factor", n)
		}
		p.signedIn(u) // by the password alone
	})
}

// Where everybody needs a second factor the last one stays, and who has none gets one here and does nothing else.
func TestPasskeyRequired(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *settings) { policy.RequireSecondFactor = true })
	b := p.signedIn(p.newUser("Needy"))
	b.Get("/account").Leads("/account/security")
	b.Get(passkeysPage).Says("You have no passkey yet.")
	d := b.passkeyOf("Laptop")
	b.Get("/account").Want(http.StatusOK)
	b.Post(passkeysPage + "/" + p.passkeyID(d) + "/remove").Want(http.StatusUnprocessableEntity).Says("this is your last")
	c := p.browser()
	c.finish(d.answers(c.begin(beginSignIn)), "").Want(http.StatusOK)
}

// Somebody else's passkey answers like one that does not exist, and stays as it is (ASVS v5.0.0-8.2.2).
func TestPasskeyNotOwned(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		alice := p.signedIn(p.newUser("Alice"))
		id := p.passkeyID(alice.passkeyOf("Hers"))
		mallory := p.signedIn(p.newUser("Mallory"))
		mallory.Reauth(password).Want(http.StatusSeeOther)
		for _, one := range []string{id, "NOSUCHID", "%00", "..%2f..", strings.Repeat("X", 26), strings.Repeat("x", 3000)} {
			path := passkeysPage + "/" + one
			for what, got := range map[string]*webtest.Answer{
				"get": mallory.Get(path), "rename": mallory.Post(path+"/rename", "name", "Mine"), "remove": mallory.Post(path + "/remove"),
			} {
				if got.StatusCode != http.StatusNotFound {
					t.Errorf("%s %.40s: got %d, want 404", what, one, got.StatusCode)
				}
			}
		}
		alice.Get(passkeysPage).Says("Hers")
		if !strings.Contains(p.log.String(), "authz_fail") {
			t.Error("no authz_fail in the log")
		}
	})
}

func TestPasskeyRenamed(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		b := p.signedIn(p.newUser("Namer"))
		page := passkeysPage + "/" + p.passkeyID(b.passkeyOf("Laptop"))
		b.Post(page+"/rename", "name", " Old   laptop ").Leads(passkeysPage)
		b.Get(passkeysPage).Says("The passkey is called Old laptop now.").Says("Old laptop")
		b.Post(page+"/rename", "name", "Old laptop").Leads(passkeysPage) // no change, no event
		b.Post(page+"/rename", "name", "").Want(http.StatusUnprocessableEntity).Says("Give the passkey a name")
		b.Post(page+"/rename", "name", "bad\u202ename").Want(http.StatusUnprocessableEntity).Says("Leave out invisible characters")
		b.Get(page).Says("Old laptop")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'passkey_renamed'`); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

// A demo has passkeys like any account. They go with it, and no email is written.
func TestPasskeyOfDemo(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		b.Post("/demo").Want(http.StatusSeeOther)
		m := demoPassword.FindStringSubmatch(b.Get("/account").Body)
		if m == nil {
			t.Fatal("no password of the demo")
		}
		b.Reauth(m[1]).Want(http.StatusSeeOther)
		d := newPasskeyDevice(t)
		b.enrol(d, "Toy").Want(http.StatusSeeOther)
		c := p.browser()
		c.finish(d.answers(c.begin(beginSignIn)), "").Want(http.StatusOK)
		time.Sleep(2 * time.Hour)
		late := p.browser()
		late.finish(d.answers(late.begin(beginSignIn)), "").Want(http.StatusUnprocessableEntity)
		if !strings.Contains(p.log.String(), "authn_login_fail") {
			t.Error("no authn_login_fail in the log")
		}
		time.Sleep(24 * time.Hour)
		if err := p.sweepAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM passkeys`); n != 0 {
			t.Errorf("%d passkeys of a demo that is gone", n)
		}
		if n := len(p.outbox.Emails()); n != 0 {
			t.Errorf("%d emails", n)
		}
	})
}

// A passkey is called after the password manager that made it, unless somebody wrote a name, or nobody knows the maker.
func TestPasskeyNamedAfterItsProvider(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	for what, c := range map[string]struct {
		aaguid, name, want string
	}{
		"known":        {"d548826e79b4db40a3d811116f7e8349", "Chrome on macOS", "Bitwarden"},
		"known, named": {"d548826e79b4db40a3d811116f7e8349", "My key", "My key"},
		"unknown":      {"01020304050607080102030405060708", "Chrome on macOS", "Chrome on macOS"},
		"not said":     {"00000000000000000000000000000000", "Chrome on macOS", "Chrome on macOS"},
	} {
		b := p.signedIn(p.newUser("Nina"))
		b.Reauth(password)
		holds(b.Get(passkeysPage), `value="Chrome on macOS"`)
		d := newPasskeyDevice(t)
		if _, err := hex.Decode(d.aaguid[:], []byte(c.aaguid)); err != nil {
			t.Fatal(err)
		}
		b.enrol(d, c.name).Leads(recoveryCodesPage)
		b.Get(passkeysPage + "/" + p.passkeyID(d)).Says(c.want)
		if n := p.count(`SELECT count(*) FROM passkeys WHERE credential_id = $1 AND name = $2`, base64url(d.id), c.want); n != 1 {
			t.Errorf("%s: not called %s", what, c.want)
		}
	}
}

// Nobody makes a second passkey where there is one: the browser is told of all that the account has.
func TestPasskeysAreExcluded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	p.signedIn(p.newUser("Theirs")).passkeyOf("Theirs")
	b := p.signedIn(p.newUser("Exa"))
	first, second := b.passkeyOf("Key"), newPasskeyDevice(t)
	b.enrol(second, "Another").Want(http.StatusSeeOther)
	want := []string{base64url(first.id), base64url(second.id)}
	var got []string
	for _, one := range b.begin(beginEnrol).PublicKey.Exclude {
		got = append(got, one.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("excluded %q, want %q", got, want)
	}
}

// The script of a sign-in learns that a passkey is nobody's, and of no other mistake; the pages of an account hand out what
// password managers are told.
func TestPasskeySignals(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Sia")
	owner := p.signedIn(u)
	d := owner.passkeyOf("Key")
	signals := func(page string) (s auth.PasskeySignals) {
		t.Helper()
		_, rest, _ := strings.Cut(owner.Get(page).Body, `data-passkey-signals="`)
		text, _, _ := strings.Cut(rest, `"`)
		if err := json.Unmarshal([]byte(html.UnescapeString(text)), &s); err != nil {
			t.Errorf("%s: %v: %q", page, err, text)
		}
		return s
	}
	want := auth.PasskeySignals{RPID: "portal.test", UserID: base64url([]byte(u.ID)), Name: u.Email, Display: u.Name}
	if got := signals("/account/profile"); !reflect.DeepEqual(got, want) {
		t.Errorf("profile: got %+v, want %+v", got, want)
	}
	want.Accepted = []string{base64url(d.id)}
	for _, page := range []string{"/account/security", passkeysPage} {
		if got := signals(page); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", page, got, want)
		}
	}

	b, wrong := p.browser(), newPasskeyDevice(t)
	wrong.id, wrong.handle = d.id, d.handle
	if got := b.finish(wrong.answers(b.begin(beginSignIn)), "").Want(http.StatusUnprocessableEntity).Body; !strings.Contains(got, `"error":"refused"`) {
		t.Errorf("a wrong signature: got %s", got)
	}
	p.exec(`DELETE FROM passkeys`)
	if got := b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusUnprocessableEntity).Body; !strings.Contains(got, `"error":"unknown-passkey"`) {
		t.Errorf("nobody's passkey: got %s", got)
	}
	want.Accepted = []string{}
	if got := signals("/account/security"); !reflect.DeepEqual(got, want) {
		t.Errorf("without a passkey: got %+v, want %+v", got, want)
	}
}
