package sessioncheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

var (
	errNoForm  = errors.New("no sign-in form was found: name its page with --login, or the request with a profile")
	errNoLogin = errors.New("the sign-in did not lead to a page that only who is signed in can see: check the account, or name such a page with --private")
	errGiven   = errors.New("this needs a sign-in of its own, and the session was given")
)

// signIn signs an account in with a browser and returns where it landed. Whether that worked is for others to find out.
func (b *browser) signIn(ctx context.Context, user, password string) (*answer, error) {
	before := b.jar.without()
	if b.Profile.SignIn.known() {
		return b.signInByRequest(ctx, user, password, before)
	}
	a, err := b.get(ctx, b.login)
	if err != nil {
		return nil, err
	}
	f, ok := b.loginOn(a)
	if !ok { // who is signed in may be led away from the form; the one that others see is as good
		other := b.fresh()
		if a, err = other.get(ctx, b.login); err != nil {
			return nil, err
		}
		if f, ok = b.loginOn(a); !ok {
			return nil, errNoForm
		}
		for name, cookie := range other.jar {
			if _, has := before[name]; !has {
				b.jar[name] = cookie
			}
		}
	}
	to, ok := b.target(f.pageForm, f.page)
	if !ok {
		return nil, fmt.Errorf("the sign-in form goes to another site: that is a sign-in which this cannot follow")
	}
	a, err = b.do(ctx, form(f.method, to, f.filled(user, password)))
	b.record(before)
	return a, err
}

// signInByRequest is for a sign-in that the profile describes.
func (b *browser) signInByRequest(ctx context.Context, user, password string, before jar) (*answer, error) {
	a, err := b.perform(ctx, b.Profile.SignIn, user, password)
	if err != nil {
		return nil, err
	}
	if name := b.Profile.Token; name != "" {
		var fields map[string]any
		_ = json.Unmarshal([]byte(b.chain[0].body), &fields) // without the field nobody is signed in, which is found out
		if token, ok := fields[name].(string); ok && token != "" {
			b.secrets.add(token)
			b.jar[bearer] = kept{"Bearer " + token, "/"}
		}
	}
	b.record(before)
	return a, nil
}

// perform does what an act says, with the fields of its form.
func (b *browser) perform(ctx context.Context, act Act, user, password string) (*answer, error) {
	method, path := act.parts()
	fill := strings.NewReplacer("{user}", user, "{password}", password, "{new-password}", password+newPassword).Replace
	if len(act.JSON) > 0 {
		fields := map[string]string{}
		for name, value := range act.JSON {
			fields[name] = fill(value)
		}
		body, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		return b.do(ctx, request{method: method, url: b.at(path), body: body, kind: "application/json"})
	}
	values := url.Values{}
	if act.Form != "" {
		a, err := b.get(ctx, b.at(act.Form))
		if err != nil {
			return nil, err
		}
		for _, f := range a.page.forms {
			if to, ok := b.target(f, a.url); ok && b.path(to) == path {
				values = f.values()
			}
		}
	}
	for name, value := range act.Fields {
		values.Set(name, fill(value))
	}
	return b.do(ctx, form(method, b.at(path), values))
}

// newPassword is put behind the password of the account while a check changes it, so that whoever finds it changed knows it.
const newPassword = "-sessioncheck"

// record keeps what the sign-in set, for the checks of cookies and tokens.
func (b *browser) record(before jar) {
	var set []*http.Cookie
	for _, a := range b.chain {
		set = append(set, a.cookies...)
	}
	b.signIns = append(b.signIns, signedIn{set, before, b.jar.without()})
}

// A signedIn is what one sign-in set.
type signedIn struct {
	cookies     []*http.Cookie
	before, jar jar
}

// session signs the account of the scan in with a browser of its own and makes sure that it worked.
func (s *scan) session(ctx context.Context) (*browser, error) {
	return s.sessionIn(ctx, s.fresh())
}

func (s *scan) sessionIn(ctx context.Context, b *browser) (*browser, error) {
	if s.Given != "" {
		return nil, errGiven
	}
	s.live[b] = true
	if _, err := b.signIn(ctx, s.User, s.Password); err != nil {
		return nil, err
	}
	state, a, err := b.opens(ctx)
	if err != nil {
		return nil, err
	}
	if state != open {
		return nil, fmt.Errorf("a sign-in did not open %s: %s", s.path(s.private), s.said(a))
	}
	return b, nil
}
