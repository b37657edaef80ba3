package handlers

import (
	"strings"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// needsAnswer reports whether the flag of a session is an alarm. Another browser on a network that the session knows is good
// to know: a phone or tablet that asks for the desktop site names itself another one.
func needsAnswer(s session.Session) bool {
	return s.Flag == session.FlagTokenReused || s.FlagClient.Network() != ""
}

// flagText says why a session is flagged, "" when it is not.
func flagText(s session.Session) string {
	switch s.Flag {
	case session.FlagTokenReused:
		return "A cookie that this session had replaced was used again. Somebody may have a copy of it."
	case session.FlagClientChanged:
		var said []string
		for _, browser := range s.FlagClient.Browsers() {
			said = append(said, "This session began in "+named(device.Name(s.UserAgent))+" and was used from "+named(browser)+".")
		}
		for _, network := range s.FlagClient.Networks() {
			said = append(said, "It was used from "+networkName(network)+".")
		}
		if !needsAnswer(s) {
			said = append(said, sameNetwork)
		}
		return strings.Join(said, " ")
	}
	return ""
}

const sameNetwork = "The network was the same. A phone or tablet that asks for the desktop site of a page does this."

// usedFrom says what raised the flag, on the page that asks for the re-authentication. Its reader may be a thief, so it says
// nothing of the owner's own browser and network.
func usedFrom(c device.Set) string {
	var from []string
	if browser := c.Browser(); browser != "" {
		from = append(from, "another browser, "+named(browser)+",")
	}
	if network := c.Network(); network != "" {
		from = append(from, networkName(network))
	}
	return "This session was used from " + strings.TrimSuffix(strings.Join(from, " and "), ",") + "."
}

// named puts the name of a device into a sentence.
func named(name string) string {
	if rest, ok := strings.CutPrefix(name, device.UnknownBrowser); ok {
		return "an unknown browser" + rest
	}
	return name
}

func networkName(network string) string {
	switch network {
	case device.Loopback:
		return "the machine that this portal runs on"
	case device.UnknownNetwork:
		return "an unknown network"
	}
	return "another network, " + network
}
