package session

import (
	"context"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// The flags of a session, the more serious first: it takes the place of the other, never the other way round.
const (
	FlagTokenReused   = "token_reused"   // its replaced token was presented later than any slow request could
	FlagClientChanged = "client_changed" // it was used from a browser or network that it does not know
)

// ClientChange says what happens when a session is used from a browser or a network that it does not know.
type ClientChange string

// The choices. Each of them leaves an event; the owner is told whichever it is.
const (
	ClientChangeFlag   ClientChange = "flag"   // the session is flagged and goes on
	ClientChangeReauth ClientChange = "reauth" // it is flagged, and its person has to re-authenticate before it goes on
	ClientChangeEnd    ClientChange = "end"    // it ends
)

// NeedsReauth reports whether nothing may be done in the session until the person re-authenticates in it, because it was
// used from somewhere it does not know. A more serious flag raised on it meanwhile does not set it free.
func (p Policy) NeedsReauth(x Session) bool {
	return p.OnClientChange == ClientChangeReauth && x.FlagClient != ""
}

// unknown returns what the session does not know of a client, "" for a client it knows and for a session that has yet
// to learn any. It runs with every request, so nothing is taken apart whose text is that of the sign-in or of the
// latest known browser.
func (s *Service) unknown(x Session, c device.Client) (changed device.Set) {
	if x.Known == "" {
		return ""
	}
	if c.UserAgent != x.UserAgent && (c.UserAgent != x.KnownAgent || c.UserAgent == "") { // a KnownAgent of "" is none
		changed = changed.With(s.policy.Browser.NewBrowser(x.Known, c))
	}
	if c.IP != x.IP {
		changed = changed.With(device.NewNetwork(x.Known, c))
	}
	return changed
}

// told reports whether the session is flagged for another browser or network already, or for something more serious.
func (s Session) told(browser, network bool) bool {
	return s.Flag == FlagTokenReused || (!browser || s.FlagClient.Browser() != "") && (!network || s.FlagClient.Network() != "")
}

// review does what the policy says when the session does not know the client. A thief and the owner may take turns, so
// a session that is flagged already is not written again, unless it has yet to be made to ask or ended; its elevation window is
// closed to the one that it does not know. A flag for a browser does not hide another network that comes after it, nor the
// other way round.
func (s *Service) review(ctx context.Context, live Found, c device.Client, at time.Time) (Found, error) {
	x, mode := live.Session, s.policy.OnClientChange
	asks, tells := s.policy.NeedsReauth(x), mode != ClientChangeReauth && mode != ClientChangeEnd
	if !x.Elevated(at) && (asks || tells && x.told(true, true)) {
		return live, nil
	}
	changed := s.unknown(x, c)
	if changed == "" {
		return live, nil
	}
	if asks || tells && x.told(changed.Browser() != "", changed.Network() != "") {
		live.Session.ElevatedUntil = time.Time{}
		return live, nil
	}
	if mode == ClientChangeEnd {
		found, first, err := s.endNow(ctx, x.Over(at, ReasonClientChanged, ""), c)
		if first { // and whoever is first tells the owner
			found.Session.FlagClient = changed
			found.User, found.Raised, found.Changed = live.User, FlagClientChanged, changed
		}
		return found, err
	}
	if x.Flag == "" {
		x.Flag = FlagClientChanged
	}
	// The elevation window was opened before the client changed: whoever asks now must not dismiss the flag in it.
	x.FlagClient, x.ElevatedUntil = changed.With(x.FlagClient), time.Time{}
	e := x.By(c).Event(audit.SessionFlagged).Because(changed.Kinds())
	first, err := s.store.FlagClient(ctx, x, live.Session.FlagClient, at, e)
	if err != nil {
		return Found{}, err
	}
	live.Session = x
	if first {
		s.audit.Log(ctx, e)
		live.Raised, live.Changed = FlagClientChanged, changed
	}
	return live, nil
}

// usedAgain handles a replaced token: the answer with the next one is lost, or this is a copy, and then the session is
// flagged. The event is logged each time and written once for each rotation or flag.
func (s *Service) usedAgain(ctx context.Context, x Session, u auth.User, c device.Client) (Found, error) {
	found, kind, write := Found{State: Replaced}, audit.SessionTokenReused, s.store.FlagReused
	if !x.UnclaimedSince.IsZero() {
		found, kind, write = Found{State: Unclaimed, Session: x}, audit.SessionAnswerLost, s.store.NoteLostAnswer
	}
	e := x.By(c).Event(kind)
	first, err := write(ctx, x, e)
	if err == nil {
		s.audit.Log(ctx, e)
	}
	if first && found.State == Replaced {
		found.Session, found.User, found.Raised = x, u, FlagTokenReused
	}
	return found, err
}

// DismissFlag takes the flag off a session as its owner has seen it, with an event of that kind. If it was them
// (audit.SessionRecognised), a client that the flag was raised for is known from now on; a replaced token that is used again
// raises the flag again. ErrNotFound, also when somebody else changed the flag at this moment; ErrConflict when the session
// of the actor is over, or the press was answered before.
func (s *Service) DismissFlag(ctx context.Context, by audit.Actor, x Session, kind audit.Kind, press *act.Record) error {
	known := x.Known
	if x.Flag == FlagClientChanged && kind == audit.SessionRecognised {
		known = known.With(x.FlagClient)
	}
	e := audit.NewEvent(kind, by.UserID, x.ID, by.Client)
	if err := s.store.DismissFlag(ctx, x, by, known, press, e); err != nil {
		return err
	}
	s.audit.Log(ctx, e)
	return nil
}
