package store_test

import (
	"errors"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// Each flag is written once, the more serious one over the other and never the other way round, and is removed
// only as it was read.
func TestFlags(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		open(t, s, newSession("one", "ada"))
		changed := func(x session.Session, flag string, client device.Set) bool {
			t.Helper()
			x.Flag, x.FlagClient = flag, client
			first, err := s.FlagClient(t.Context(), x, "", at, audit.Event{ID: "c" + string(client) + flag, UserID: "ada", Kind: audit.SessionFlagged, At: at})
			if err != nil {
				t.Fatal(err)
			}
			return first
		}
		reused := func(n string) bool {
			t.Helper()
			first, err := s.FlagReused(t.Context(), session.Session{ID: "one"}, event("r"+n, "ada", audit.SessionTokenReused))
			if err != nil {
				t.Fatal(err)
			}
			return first
		}
		dismiss := func(n string, x session.Session) error {
			return s.DismissFlag(t.Context(), x, newSession("one", "ada").By(device.Client{}), x.Known+"\nbrowser B", nil, event("u"+n, "ada", audit.SessionRecognised))
		}
		unflagged := row(t, s, "one")
		if err := dismiss("0", unflagged); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("no flag to dismiss: got %v, want ErrNotFound", err)
		}
		stale := unflagged
		stale.Known = "browser Z"
		if changed(stale, session.FlagClientChanged, "browser Z") {
			t.Error("flagged by what a session knew earlier")
		}
		if !changed(unflagged, session.FlagClientChanged, "browser B") || changed(unflagged, session.FlagClientChanged, "browser C") {
			t.Error("want the first change to be written, and it alone")
		}
		flagged := row(t, s, "one")
		if flagged.Flag != session.FlagClientChanged || flagged.FlagClient != "browser B" {
			t.Errorf("got %+v, want the flag of the first change", flagged)
		}
		if !reused("1") || reused("2") || row(t, s, "one").Flag != session.FlagTokenReused {
			t.Error("want the more serious flag once, in place of the other")
		}
		if changed(flagged, session.FlagClientChanged, "browser C") || row(t, s, "one").Flag != session.FlagTokenReused {
			t.Error("the more serious flag was written over")
		}
		if err := dismiss("1", flagged); !errors.Is(err, audit.ErrNotFound) {
			t.Errorf("a flag that was not read: got %v, want ErrNotFound", err)
		}
		gone := newSession("gone", "ada")
		open(t, s, gone)
		gone.EndedAt, gone.EndReason = at, session.ReasonRevoked
		if _, err := s.EndSession(t.Context(), gone, audit.Actor{}, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.DismissFlag(t.Context(), row(t, s, "one"), gone.By(device.Client{}), "", nil, event("ug", "ada", audit.SessionRecognised)); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("from a session that is over: got %v, want ErrConflict", err)
		}
		if err := dismiss("2", row(t, s, "one")); err != nil {
			t.Error(err)
		}
		if got := row(t, s, "one"); got.Flag != "" || got.FlagClient != "" || got.Known != "browser A\nnetwork N\nbrowser B" {
			t.Errorf("got %+v, want no flag and one more client", got)
		}
		events, err := s.Events(t.Context(), "ada", audit.Filter{Limit: 100})
		if err != nil || len(events) != 5 { // the account, one for each flag, one for dismissing it, one for the session that is over
			t.Errorf("got %d events, %v, want 5: %+v", len(events), err, events)
		}
	})
}

// A change that was read before the more serious flag came is not written over it; one that was read with it is
// added to it.
func TestChangeAfterMoreSeriousFlag(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		if _, err := s.FlagReused(t.Context(), session.Session{ID: "one"}, event("reused", "ada", audit.SessionTokenReused)); err != nil {
			t.Fatal(err)
		}
		x.FlagClient = "browser B"
		for _, flag := range []string{session.FlagClientChanged, session.FlagTokenReused} {
			x.Flag = flag
			first, err := s.FlagClient(t.Context(), x, "", at, event("flag-"+flag, "ada", audit.SessionFlagged))
			want := flag == session.FlagTokenReused
			if err != nil || first != want || row(t, s, "one").Flag != session.FlagTokenReused {
				t.Errorf("%s: got %t, %v, flag %q, want %t and the more serious flag", flag, first, err, row(t, s, "one").Flag, want)
			}
		}
	})
}

// A confirmation removes the flag of the client and leaves the more serious one.
func TestConfirmKeepsMoreSeriousFlag(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		for flag, want := range map[string]string{session.FlagClientChanged: "", session.FlagTokenReused: session.FlagTokenReused} {
			x := newSession(flag, "ada")
			open(t, s, x)
			x.Flag, x.FlagClient = session.FlagClientChanged, "browser B"
			if _, err := s.FlagClient(t.Context(), x, "", at, event("flag-"+flag, "ada", audit.SessionFlagged)); err != nil {
				t.Fatal(err)
			}
			if flag == session.FlagTokenReused {
				if _, err := s.FlagReused(t.Context(), session.Session{ID: flag}, event("reused", "ada", audit.SessionTokenReused)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Rotate(t.Context(), session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "new-" + flag}, At: at, Known: "browser B", Dismiss: true}, event("confirm-"+flag, "ada", audit.SessionRenewed)); err != nil {
				t.Fatal(err)
			}
			got := row(t, s, flag)
			if got.Flag != want || got.FlagClient != "" || got.Known != "browser B" || got.TokenHash != "new-"+flag {
				t.Errorf("%s: got %+v, want flag %q", flag, got, want)
			}
		}
	})
}

// Activity teaches a session its clients where it knows none, and never takes back what was learnt since the read.
func TestTouchTeachesOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		x.Known = ""
		open(t, s, x)
		for _, known := range []device.Set{"browser A", "browser B"} {
			x.Known, x.KnownAgent = known, "agent of "+string(known)
			if err := s.Touch(t.Context(), x, at); err != nil {
				t.Fatal(err)
			}
			if got := row(t, s, "one"); got.Known != "browser A" || got.KnownAgent != x.KnownAgent {
				t.Errorf("got %+v, want what was learnt first and the latest agent", got)
			}
		}
	})
}
