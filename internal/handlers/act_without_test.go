package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/lab"
)

// plainForms are the forms without an act, by their routes, each ready to be sent: where they lead, and what they say there.
var plainForms = map[string]func(*portal) (b *browser, path string, fields []string, leads, says string){
	"/logout": func(p *portal) (*browser, string, []string, string, string) {
		return p.signedIn(p.newUser("Lou")), "/logout", nil, signedOutPage, "You can close this window."
	},
	"/session/extend": func(p *portal) (*browser, string, []string, string, string) {
		return p.signedIn(p.newUser("Lou")), "/session/extend", []string{"next", securityPage}, securityPage, "You stay signed in."
	},
	"/preferences": func(p *portal) (*browser, string, []string, string, string) {
		return p.browser(), "/preferences", []string{"theme", "dark", "next", "/plans"}, "/plans", ""
	},
	"/basket": func(p *portal) (*browser, string, []string, string, string) {
		return p.signedIn(p.newUser("Bea")), "/basket", []string{"plan", "hall"}, "/plans", "Hall is in your basket."
	},
	"/labs": func(p *portal) (*browser, string, []string, string, string) {
		return p.here(), labsPage, []string{"name", "Ada"}, labsPage, "Your name in the class is saved."
	},
	"/labs/class": func(p *portal) (*browser, string, []string, string, string) {
		return p.here(), classPage, []string{"code", p.app.Labs.Code}, classPage, "by the names that people chose"
	},
	"/labs/{lesson}": func(p *portal) (*browser, string, []string, string, string) {
		return p.here(), "/labs/fixation", []string{"do", "begin", "version", lab.WithMistake}, "/labs/fixation#people", "Not solved yet"
	},
	"/learn/{lesson}/check": func(p *portal) (*browser, string, []string, string, string) {
		return p.here(), "/learn/fixation/check", nil, "/labs/fixation", "It is not solved yet"
	},
	"/account/security/recovery-codes/kept": func(p *portal) (*browser, string, []string, string, string) {
		b := p.signedIn(p.newUser("Rea"))
		b.enrolApp()
		return b, recoveryCodesPage + "/kept", nil, securityPage, "Your recovery codes are kept by you alone now."
	},
}

// onlyAsk are the addresses without an act that change nothing.
var onlyAsk = []string{beginSignIn, beginConfirm, beginEnrol, recoveryCodesPage + "/download"}

// A form without an act may be pressed twice, and again when its answer was lost: it leaves no more than once, leads to the same
// place and says its sentence once.
func TestPressedTwiceWithoutAct(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for key, rt := range p.app.table {
			ready := plainForms[key.pattern]
			if strings.Contains(key.pattern, "/probe") { // it is there for tests alone
				continue
			}
			if ready == nil && rt.method == http.MethodPost && !rt.act && !slices.Contains(onlyAsk, key.pattern) {
				t.Errorf("%s carries no act: show in plainForms that it may be pressed twice", key)
			}
			if ready == nil {
				continue
			}
			b, path, fields, leads, says := ready(p)
			lost := &browser{b.Twin(), p}
			lost.Post(path, fields...).Leads(leads)
			once := p.traces()
			b.Post(path, fields...).Leads(leads)
			if again := p.traces(); again != once {
				t.Errorf("%s: %d events, live sessions and emails after the second press, want %d as after the first", path, again, once)
			}
			if page := b.Get(leads).Want(http.StatusOK).Says(says); says != "" && strings.Count(page.Text(), says) != 1 {
				t.Errorf("%s says %q more than once", leads, says)
			}
		}
	})
}
