package handlers

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// fillPassword shows the sessions that the latest change of the password has ended since the demo began.
func (a *app) fillPassword(r *http.Request, v *sceneView) error {
	who := currentOf(r)
	_, ended, err := a.Sessions.RecentSessions(r.Context(), who.UserID)
	if err != nil {
		return err
	}
	changed := who.User.PasswordChangedAt
	if changed.Before(who.User.DemoUntil.Add(-auth.DemoLife)) {
		return nil
	}
	v.Begun, v.Stage = changed, "done"
	for _, x := range ended {
		if x.EndReason != session.ReasonPasswordChanged || !x.EndedAt.Equal(changed) {
			continue
		}
		d := device.Parse(x.UserAgent)
		v.Ended = append(v.Ended, endedSessionCard{Icon: d.Icon, Device: d.Name, IP: x.LastIP, At: x.EndedAt, Why: why(x)})
		if v.Changes == nil {
			before := x
			before.EndedAt, before.EndReason = time.Time{}, ""
			v.Device, v.Changes = d.Name, changesOf(demo.RowOf(before), demo.RowOf(x))
		}
	}
	v.Events, err = a.eventsSince(r, who.ID, changed)
	return err
}

// fillPay shows the payments of the demo.
func (a *app) fillPay(r *http.Request, v *sceneView) error {
	all, err := a.Billing.Payments(r.Context(), currentOf(r).UserID, "", latestPayments)
	for _, p := range all {
		v.Payments = append(v.Payments, paymentViewOf(p))
		v.Stage, v.Begun = "done", p.CreatedAt
	}
	return err
}
