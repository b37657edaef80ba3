package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/emulation"
)

// TestTimesAreInOneZone: with scripts every time is that of the reader's clock, that of the dialog included; without them every
// one is in UTC and says so.
func TestTimesAreInOneZone(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		p := start(t, onSQLite(t))
		b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
		b.watch()
		const zone = "Asia/Kathmandu" // a quarter of an hour apart from the rest of the world
		callWith(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
		if !scripts {
			b.withoutScripts()
		}
		b.open("/login")
		b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
		now := time.Now().UTC()
		p.change(t, `UPDATE events SET at = $1`, time.Date(now.Year(), now.Month(), now.Day()-1, 20, 30, 0, 0, time.UTC))

		b.open("/account/activity")
		local := time.Date(now.Year(), now.Month(), now.Day(), 2, 15, 0, 0, time.UTC)
		if scripts {
			b.reads("Times are those of your clock.", local.Format("Monday 2 January 2006 "), "02:15,")
		} else {
			b.reads("Times are in UTC.", local.AddDate(0, 0, -1).Format("Monday 2 January 2006 "), "20:30 UTC,")
		}
		b.zoned(scripts, "/account/activity", "/account/session", "/account/security")
		if scripts {
			b.open("/account")
			b.learns(b.handle(), lastNotice)
			b.shows("dialog")
			at := evaluate[string](b, `document.querySelector('#idle-dialog [data-when]').innerText`)
			if end := p.idleEnd(t, b.handle()).Add(5*time.Hour + 45*time.Minute); at != end.Format("15:04") && at != end.Add(time.Minute).Format("15:04") {
				t.Errorf("the dialog says %s, want about %s", at, end.Format("15:04"))
			}
		}
		p.endAs(t, b.handle(), "idle", "")
		b.zoned(scripts, "/signed-out")
	}
}

var utc = regexp.MustCompile(`(?:^|[\s(])\d\d:\d\d( UTC)?`)

// zoned opens the pages, whose times have to say UTC without scripts and must not with them.
func (b *person) zoned(scripts bool, pages ...string) {
	b.t.Helper()
	for _, page := range pages {
		b.open(page)
		times := utc.FindAllString(b.text(), -1)
		if len(times) == 0 {
			b.t.Errorf("%s: got no time", page)
		}
		for _, at := range times {
			if strings.HasSuffix(at, "UTC") == scripts {
				b.t.Errorf("%s: with scripts %t: got %s", page, scripts, at)
			}
		}
	}
}
