package proof

import (
	"net/http"
	"regexp"

	"example.com/gatehouse/webtest"
)

var demoLinkOnPage = regexp.MustCompile(`<code class="secret">https?://[^/]+(/demo/phone/[A-Z2-7]{26})</code>`)

// inDemo begins a demo in the browser.
func inDemo(b *webtest.Client) {
	b.Post("/demo").Leads("/account")
	b.Get("/account").Want(http.StatusOK)
}

// demoScenes lead to the forms of the guided demo.
var demoScenes = []scene{
	{"scene of a demo", "/demo/scene/{scene}", func(_ *pressRunner, b *webtest.Client) filled {
		inDemo(b)
		const page = "/demo/scene/second-device"
		return filled{b: b, page: b.Get(page), action: page}
	}},
	{"scene of the warning", "/demo/scene/warning", func(_ *pressRunner, b *webtest.Client) filled {
		inDemo(b)
		const page = "/demo/scene/warning"
		return filled{b: b, page: b.Get(page), action: page}
	}},
	{"second screen", "/demo/phone/{token}", func(_ *pressRunner, b *webtest.Client) filled {
		const page = "/demo/scene/second-device"
		maker := b.Fresh()
		inDemo(maker)
		maker.Post(page).Leads(page)
		m := demoLinkOnPage.FindStringSubmatch(maker.Get(page).Body)
		if m == nil {
			b.T.Error("no link on the page of the second screen")
			return filled{b: b}
		}
		return filled{b: b, page: b.Get(m[1]), action: m[1]}
	}},
	{"way back", "/demo/back", func(_ *pressRunner, b *webtest.Client) filled {
		inDemo(b)
		b.Post("/logout").Leads("/signed-out")
		return filled{b: b, page: b.Get("/signed-out"), action: "/demo/back"}
	}},
}
