package main

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/session"
)

// eventFigures count events.
type eventFigures struct {
	kinds, signIns, endings *prometheus.CounterVec
}

// Results of sign-ins.
const (
	resultOK      = "ok"
	resultRefused = "refused"
)

// methods are how people sign in.
var methods = []string{string(auth.MethodPassword), string(auth.MethodTOTP), string(auth.MethodRecoveryCode), string(auth.MethodPasskey)}

// reasons are why sessions end.
var reasons = []session.Reason{
	session.ReasonIdle, session.ReasonAbsolute, session.ReasonSignedOut, session.ReasonRevoked, session.ReasonPasswordChanged, session.ReasonAdmin,
	session.ReasonReplaced, session.ReasonClientChanged, session.ReasonAccountDisabled, session.ReasonAccountDeleted, session.ReasonUnclaimed,
}

// anyOther stands for what no list has, such as a method that a fork adds.
const anyOther = "other"

// watched are the kinds that alerts look at. They are there from the start, because a rate needs a value before the first event.
var watched = []audit.Kind{
	audit.LoginLock, audit.SessionTokenReused, audit.SessionFlagged, audit.SessionAnswerLost, audit.SessionUnknownToken, audit.RateLimitExceeded,
	audit.CrossSiteRequest, audit.AuthorisationFail, audit.PasskeyCloned, audit.Administered,
}

func newEventFigures() eventFigures {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: brand.Metric(name), Help: help}, labels)
	}
	f := eventFigures{
		counter("events_total", "Events of this instance by kind.", "kind"),
		counter("sign_ins_total", "Sign-ins by method and result. A wrong code after the right password is refused too.", "method", "result"),
		counter("session_endings_total", "Sessions that this instance has ended, by reason.", "reason"),
	}
	for _, kind := range watched {
		f.kinds.WithLabelValues(string(kind))
	}
	for _, method := range append([]string{anyOther}, methods...) {
		f.signIns.WithLabelValues(method, resultOK)
		f.signIns.WithLabelValues(method, resultRefused)
	}
	for _, reason := range reasons {
		f.endings.WithLabelValues(string(reason))
	}
	return f
}

func (f eventFigures) observe(e audit.Event) {
	f.kinds.WithLabelValues(string(e.Kind)).Inc()
	switch e.Kind {
	case audit.LoginSuccess:
		f.signIns.WithLabelValues(among(e.Reason, methods), resultOK).Inc()
	case audit.LoginFail:
		method := string(auth.MethodPassword)
		if e.Reason == auth.PasskeyReason {
			method = string(auth.MethodPasskey)
		}
		f.signIns.WithLabelValues(method, resultRefused).Inc()
	case audit.MFAFail:
		f.signIns.WithLabelValues(string(auth.MethodTOTP), resultRefused).Inc()
	case audit.SessionExpired:
		reason := anyOther
		if slices.Contains(reasons, session.Reason(e.Reason)) {
			reason = e.Reason
		}
		f.endings.WithLabelValues(reason).Inc()
	}
}

// among is the text if it is one of the list.
func among(text string, list []string) string {
	if slices.Contains(list, text) {
		return text
	}
	return anyOther
}
