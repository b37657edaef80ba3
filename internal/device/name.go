package device

import (
	"strings"
	"unicode"

	"github.com/mileusna/useragent"
)

// A Device is what a User-Agent header claims, in names of our own. Pages and emails show only these names, because the
// header is text of the client.
type Device struct{ Name, Icon string }

var browsers = map[string]string{
	useragent.Chrome: "Chrome", useragent.Firefox: "Firefox", useragent.Safari: "Safari", useragent.Edge: "Edge",
	useragent.Opera: "Opera", useragent.OperaMini: "Opera Mini", useragent.OperaTouch: "Opera", useragent.Vivaldi: "Vivaldi",
	"Samsung Browser": "Samsung Internet", useragent.HeadlessChrome: "Chrome", "curl": "curl", "Wget": "Wget",
}

var systems = map[string]string{
	useragent.Windows: "Windows", useragent.MacOS: "macOS", useragent.Linux: "Linux", useragent.Android: "Android",
	useragent.IOS: "iPhone or iPad", useragent.ChromeOS: "ChromeOS",
}

// UnknownBrowser stands for a browser that is on none of the lists.
const UnknownBrowser = "Unknown browser"

// Parse names the device of a User-Agent header. Versions are left out: browsers freeze or invent them. A page names the same few
// again and again, so what was found is remembered for a while.
func Parse(agent string) Device {
	if d, ok := parsed.of(agent); ok {
		return d
	}
	d := parse(agent)
	parsed.add(agent, d)
	return d
}

func parse(agent string) Device {
	ua := useragent.Parse(agent)
	browser, known := browsers[ua.Name]
	if !known {
		browser = UnknownBrowser
	}
	name := browser
	if system, known := systems[ua.OS]; known {
		name += " on " + system
	}
	return Device{Name: name, Icon: icon(ua, browser)}
}

// Name names the browser of a User-Agent header and its system, "Firefox on Windows": by which a session distinguishes
// its clients. It has no version, so an update of the browser changes nothing.
func Name(agent string) string { return Parse(agent).Name }

func icon(ua useragent.UserAgent, browser string) string {
	switch {
	case browser == "curl" || browser == "Wget":
		return "terminal"
	case ua.Mobile || ua.Tablet:
		return "smartphone"
	case ua.OS == useragent.MacOS || ua.OS == useragent.ChromeOS:
		return "laptop"
	case ua.Desktop:
		return "monitor"
	}
	return "globe"
}

// Printable is the raw header for people who want to see it, without what could disturb the page around it.
func Printable(agent string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, agent)
}
