package audit

import (
	"strings"

	"example.com/gatehouse/internal/device"
)

// DemoID begins the id of every demo account, so that whoever has no more than the id knows what may be kept of its
// visitor.
const DemoID = "demo-"

// IsDemo reports whether the id is that of a demo account.
func IsDemo(userID string) bool { return strings.HasPrefix(userID, DemoID) }

// Recorded cuts the address of a demo's visitor down to its network: they did not come to leave it here. The user agent
// stays, because nobody but the visitor is shown it.
func Recorded(userID string, c device.Client) device.Client {
	if IsDemo(userID) {
		return c.Coarse()
	}
	return c
}
