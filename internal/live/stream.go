package live

import "slices"

// A Stream has the news of one session for one page.
type Stream struct {
	hub              *Hub
	session, network string
	flag             string
	news             chan News

	fresh bool     // nothing was read since it was opened
	told  []string // ids of the latest read
}

// News is closed when the stream is over: after an ending, when the token was replaced, when nobody listens, when the hub
// stops or sheds load.
func (s *Stream) News() <-chan News { return s.news }

// Close ends the stream for whoever has stopped listening.
func (s *Stream) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.remove(s)
}

// take hands on what is new of a read. What was there when the stream was opened is known to its page, but for an ending or a
// flag that came in between. The lock of the hub is held.
func (s *Stream) take(read []News) {
	told, fresh := s.told, s.fresh
	s.told, s.fresh = nil, false
	for _, n := range read {
		s.told = append(s.told, n.ID)
		known := fresh && n.Kind != Ended && (n.Kind != Flagged || n.Reason == s.flag)
		if known || slices.Contains(told, n.ID) {
			continue
		}
		if n.Kind == Rotated || !s.send(n) || n.Kind == Ended {
			s.hub.remove(s)
			return
		}
	}
}

// send reports whether there was room: a page that has not taken two is not listening.
func (s *Stream) send(n News) bool {
	select {
	case s.news <- n:
		return true
	default:
		return false
	}
}
