package handlers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/live"
	"example.com/gatehouse/internal/session"
)

const livePage = "/session/live"

const (
	liveWriteWithin = 5 * time.Second  // a page that takes longer to accept a few bytes is not there
	liveBeat        = 25 * time.Second // proxies close what is silent for a minute
	liveAtMost      = 15 * time.Minute // then the page comes back, to whichever instance there is by then
)

// An endedJSON is what a stream says of a session that is over. The page it leads to says the rest.
type endedJSON struct {
	Reason string `json:"reason"`
	Where  string `json:"where"`
}

// resumeForScript looks at the session for a script of this origin. Another site is told nothing.
func (a *app) resumeForScript(r *http.Request) (token string, found session.Found, err error) {
	token, found, err = a.resume(r, true)
	if !asksForItself(r) { // and the page has its Sign out button, unless the session could not be read
		err = statusError{code: http.StatusForbidden, heading: "This address is for scripts of this portal",
			text: "It tells a page how long its session lasts. There is nothing to see here."}
	}
	return token, found, err
}

// sessionLive tells an open page what becomes of its session, as server-sent events, for as long as the session has this token.
// It looks and changes nothing, the cookie included. Where there is no room it answers 204: the page asks as it does without.
func (a *app) sessionLive(w http.ResponseWriter, r *http.Request) error {
	_, found, err := a.resumeForScript(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache") // with no-store the browser would not keep the page in memory, with what was typed
	out := liveWriter{w, http.NewResponseController(w)}
	over := found.State == session.Ended || found.State == session.Unknown
	if r.Method == http.MethodHead || found.State != session.Live && !over || !out.begin() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if over {
		out.open()
		out.ended(found.Session.EndReason)
		return nil
	}
	stream := a.Live.Open(found.Session.ID, liveNetwork(clientOf(r)), found.Session.Flag)
	if stream == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	defer stream.Close()
	out.open()
	a.follow(r, out, stream, found.Session)
	return nil
}

// liveNetwork is what the number of streams of one client is counted by. Behind the address of a proxy may be anybody.
func liveNetwork(c device.Client) string {
	if c.Proxy {
		return ""
	}
	return c.Customer()
}

// follow hands on the news until the stream is over, the page is gone, or its time is up. An idle timeout that nobody has
// noticed is found by looking when it is due.
func (a *app) follow(r *http.Request, out liveWriter, stream *live.Stream, x session.Session) {
	opened := time.Now()
	beat := time.NewTicker(liveBeat)
	defer beat.Stop()
	for {
		due := min(time.Until(x.IdleExpiresAt), time.Until(opened.Add(liveAtMost)))
		select {
		case <-r.Context().Done():
			return
		case n, goesOn := <-stream.News():
			if !goesOn || !out.news(n) {
				return
			}
		case <-beat.C:
			if !out.write(":\n\n") {
				return
			}
		case <-time.After(due):
			if time.Since(opened) >= liveAtMost {
				return
			}
			_, found, err := a.resume(r, true)
			if found.State == session.Ended {
				out.ended(found.Session.EndReason)
			}
			if err != nil || found.State != session.Live {
				return
			}
			x = found.Session
		}
	}
}

// tellExtended tells the other pages of a session that it goes on, and returns the error of that.
func (a *app) tellExtended(r *http.Request, x session.Session, err error) error {
	if err == nil {
		a.Live.Extended(r.Context(), x.ID)
	}
	return err
}

// A liveWriter writes the events of one stream, each within its time.
type liveWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// begin frees the stream from the limits of a request. A connection whose writes cannot be bounded gets none.
func (l liveWriter) begin() bool {
	return l.control.SetReadDeadline(time.Time{}) == nil && l.control.SetWriteDeadline(time.Now().Add(liveWriteWithin)) == nil
}

func (l liveWriter) open() {
	header := l.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	l.write(":\n\n")
}

func (l liveWriter) news(n live.News) bool {
	if n.Kind == live.Ended {
		l.ended(session.Reason(n.Reason))
		return false
	}
	return l.write(fmt.Sprintf("event: %s\ndata: {}\n\n", n.Kind))
}

func (l liveWriter) ended(reason session.Reason) {
	told, _ := json.Marshal(endedJSON{string(cmp.Or(reason, "unknown")), signedOutPage}) // two strings always marshal
	l.write(fmt.Sprintf("event: %s\ndata: %s\n\n", live.Ended, told))
}

// write reports whether the page took it.
func (l liveWriter) write(text string) bool {
	if err := l.control.SetWriteDeadline(time.Now().Add(liveWriteWithin)); err != nil {
		return false
	}
	_, err := io.WriteString(l.w, text)
	return err == nil && l.control.Flush() == nil
}
