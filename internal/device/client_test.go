package device

import "testing"

// What an address and a user agent say is worked out once for a request, however often and by whomever it is asked for:
// asking again allocates nothing, which taking them apart would.
func TestClientIsReadOnce(t *testing.T) {
	for _, ip := range []string{"203.0.113.9", "2001:db8:40:1::1f", "no address"} {
		c := NewClient(ip, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "id")
		row := Client{IP: c.IP, UserAgent: c.UserAgent}
		for what, ask := range map[string]func(Client) string{
			"customer": Client.Customer, "site": Client.Site, "network": Client.Network, "name": Client.Name,
		} {
			if got, want := ask(c), ask(row); got != want {
				t.Errorf("%s of %s: got %q, want %q as for the same client from a row", what, ip, got, want)
			}
			handedOn := c
			if n := testing.AllocsPerRun(10, func() { ask(handedOn) }); n > 0 {
				t.Errorf("%s of %s: asking again allocates %v times, want none", what, ip, n)
			}
		}
	}
}

// What was worked out for one address is not said of another.
func TestCoarseClientIsReadAnew(t *testing.T) {
	c := NewClient("203.0.113.9", "agent", "id")
	if got := c.Customer(); got != "203.0.113.9/32" {
		t.Errorf("got %q", got)
	}
	if got := c.Coarse(); got.Customer() != "203.0.113.0/32" || got.IP != "203.0.113.0" || got.RequestID != "id" {
		t.Errorf("got %+v", got)
	}
	c.IP = "198.51.100.7"
	if got := c.Customer(); got != "198.51.100.7/32" {
		t.Errorf("of another address: got %q", got)
	}
}
