package audit

import (
	"strings"

	"example.com/gatehouse/internal/device"
)

// DemoID begins the id of every demo account, so that the id alone says what may be stored about its owner.
const DemoID = "demo-"

// IsDemo reports whether the id is that of a demo account.
func IsDemo(userID string) bool { return strings.HasPrefix(userID, DemoID) }

// Recorded shortens the address of a demo account's owner to its network, to store no more personal data than the demo needs.
// The user agent stays, because only the owner sees it.
func Recorded(userID string, c device.Client) device.Client {
	if IsDemo(userID) {
		return c.Coarse()
	}
	return c
}
