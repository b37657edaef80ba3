package main

import (
	"net/http"
	"regexp"

	"example.com/gatehouse/webtest"
)

const (
	scenePage        = "/demo/scene/"
	secondDevicePage = scenePage + "second-device"
)

// demoPressScenes lead to the forms of the guided demo.
var demoPressScenes = []pressScene{
	{name: "scene of a demo", route: "/demo/scene/{scene}", ready: func(s *pressStage) pressForm {
		s.c.Post("/demo").Leads("/account")
		return pressForm{page: secondDevicePage, button: "Make a link"}
	}},
	{name: "scene of the warning", route: "/demo/scene/warning", inShort: true, ready: func(s *pressStage) pressForm {
		s.c.Post("/demo").Leads("/account")
		return pressForm{page: scenePage + "warning", button: "Leave me one minute"}
	}},
	{name: "second screen", route: "/demo/phone/{token}", ready: func(s *pressStage) pressForm {
		return pressForm{page: demoLink(s.c.Fresh()), button: "Sign in here"}
	}},
	{name: "way back", route: "/demo/back", ready: func(s *pressStage) pressForm {
		s.c.Post("/demo").Leads("/account")
		s.c.Get("/account").Want(http.StatusOK)
		s.c.Post("/logout").Leads("/signed-out")
		return pressForm{page: "/signed-out", button: "Back to my demo"}
	}},
}

var demoLinkOnPage = regexp.MustCompile(`<code class="secret">https?://[^/]+(/demo/phone/[A-Z2-7]{26})</code>`)

// demoLink begins a demo and returns the address that opens it on a second screen.
func demoLink(c *webtest.Client) string {
	c.T.Helper()
	c.Post("/demo").Leads("/account")
	c.Get("/account").Want(http.StatusOK)
	c.Post(secondDevicePage).Leads(secondDevicePage)
	m := demoLinkOnPage.FindStringSubmatch(c.Get(secondDevicePage).Body)
	if m == nil {
		c.T.Fatal("no link on the page of the second screen")
	}
	return m[1]
}
