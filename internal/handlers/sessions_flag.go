package handlers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// flagText says why a session is flagged, "" when it is not.
func flagText(s session.Session) string {
	switch s.Flag {
	case session.FlagTokenReused:
		return "A cookie that this session had replaced was used again. Somebody may have a copy of it."
	case session.FlagClientChanged:
		var said []string
		if browser := s.FlagClient.Browser(); browser != "" {
			said = append(said, "This session began in "+named(device.Name(s.UserAgent))+" and was used from "+named(browser)+".")
		}
		if network := s.FlagClient.Network(); network != "" {
			said = append(said, "It was used from "+networkName(network)+".")
		}
		return strings.Join(said, " ")
	}
	return ""
}

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

func (a *app) dismissFlag(w http.ResponseWriter, r *http.Request) error {
	press, err := a.leadsTo(r, "/account/sessions")
	if err != nil {
		return err
	}
	if err := a.Sessions.DismissFlag(r.Context(), actor(r), chi.URLParam(r, "handle"), press); err != nil {
		return a.notOwned(r, err)
	}
	a.answered(r)
	a.flash(r, "Thank you. The session is no longer flagged.")
	seeOther(w, r, "/account/sessions")
	return nil
}
