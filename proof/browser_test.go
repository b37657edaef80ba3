package proof

import (
	"net/http"
	"strings"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// opens is whether the browser's cookie opens anything, once requests that were under way with it are over.
func opens(c *webtest.Client) bool {
	c.T.Helper()
	var status int
	webtest.Until(c.T, "an answer", func() bool {
		status = c.Get("/account").StatusCode
		return status != http.StatusTemporaryRedirect
	})
	if status != http.StatusOK && status != http.StatusSeeOther {
		c.T.Errorf("GET /account: got %d, want a page or the way to sign in", status)
	}
	return status == http.StatusOK
}

// put puts a value into the bag, repeating the request until it is acknowledged: on a slow machine the bag store may be
// unavailable for a moment, and then the portal answers 503.
func put(c *webtest.Client, value string) {
	c.T.Helper()
	webtest.Until(c.T, "a value to be taken", func() bool {
		status := c.Post(probe.Bag, "value", value).StatusCode
		return status == http.StatusOK || status == http.StatusSeeOther
	})
}

// inBag is the value in the bag, "" for none, once the bag is within reach.
func inBag(c *webtest.Client) (value string) {
	c.T.Helper()
	within := false
	webtest.Until(c.T, "the bag to be within reach", func() bool {
		_, value, within = strings.Cut(c.Get(probe.Bag).Want(http.StatusOK).Text(), inTheBag)
		return within
	})
	return strings.TrimSpace(value)
}

// inTheBag is what the page of the bag says before its value.
const inTheBag = "In the bag:"
