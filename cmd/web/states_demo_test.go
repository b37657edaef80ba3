package main

import (
	"net/http"
	"testing"

	"example.com/gatehouse/webtest"
)

// lookAtScenes looks at the pages of the guided demo, before each scene and after it.
func lookAtScenes(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.open("/")
	b.press("Try the demo")
	password := b.demoPassword()
	b.at("scene-guide-open", http.StatusOK, func() int { return b.open("/account/profile") })
	b.at("scene-guide-off", http.StatusOK, func() int { b.open("/account"); return b.press("Hide") })
	b.at("scene-devices-before", http.StatusOK, func() int { return b.open("/demo/scene/devices") })
	b.at("scene-devices", http.StatusOK, func() int { return b.press("Sign one out") })
	b.at("scene-link", http.StatusOK, func() int { b.open("/demo/scene/second-device"); return b.press("Make a link") })
	link := evaluate[string](b.person, `document.querySelector('.secret').textContent`)
	b.at("scene-phone-own", http.StatusForbidden, func() int { return b.open(link) })
	phone := p.looker(t, webtest.FirefoxOnWindows, p.Network+"::2")
	phone.at("scene-phone", http.StatusOK, func() int { return phone.open(link) })
	phone.press("Sign in here")
	b.at("scene-open", http.StatusOK, func() int { return b.open("/demo/scene/second-device") })
	p.endAs(t, phone.handle(), "revoked", b.handle())
	b.at("scene-second-device", http.StatusOK, func() int { return b.open("/demo/scene/second-device") })
	phone.at("scene-phone-over", http.StatusGone, func() int { return phone.open(link) })
	phone.at("scene-phone-never", http.StatusNotFound, func() int { return phone.open("/demo/phone/nothing") })
	b.at("scene-warning-before", http.StatusOK, func() int { return b.open("/demo/scene/warning") })
	b.at("scene-back", http.StatusOK, func() int { return b.press("Let it end now") })
	b.at("scene-expire", http.StatusOK, func() int { return b.press("Back to my demo") })
	b.at("scene-thief", http.StatusOK, func() int {
		b.open("/demo/scene/thief")
		b.press("Let a cookie be stolen")
		b.comes(`document.readyState === 'complete' && document.body.innerText.includes('Asked and answered')`)
		return b.open("/demo/scene/thief")
	})
	b.at("scene-pay-before", http.StatusOK, func() int { return b.open("/demo/scene/pay") })
	b.at("scene-password", http.StatusOK, func() int {
		b.open("/account/security/password")
		b.fill("current_password", password)
		b.fill("password", webtest.OtherPassword)
		b.press("Change password")
		return b.open("/demo/scene/password")
	})
	b.at("demo-mail", http.StatusOK, func() int { return b.open("/demo/mail") })
	b.at("signed-out-demo", http.StatusOK, func() int { return b.press("Sign out") })
}
