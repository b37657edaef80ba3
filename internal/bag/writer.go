package bag

import "net/http"

// writer settles cookie and bag before the first byte. When that fails it answers with the failure and swallows what
// the handler goes on to write, so that nobody sees a page behind an error.
type writer struct {
	http.ResponseWriter
	settle  func() error
	fail    func()
	settled bool
	failed  bool
}

func (w *writer) WriteHeader(code int) {
	if code >= 100 && code < 200 && code != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	if w.finish() {
		w.ResponseWriter.WriteHeader(code)
	}
}

func (w *writer) Write(b []byte) (int, error) {
	if !w.finish() {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// FlushError sends what has been written so far, for http.ResponseController.
func (w *writer) FlushError() error {
	if !w.finish() {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// finish settles once and reports whether the handler's own answer may go out.
func (w *writer) finish() bool {
	if !w.settled {
		w.settled = true
		if err := w.settle(); err != nil {
			w.failed = true
			for _, name := range []string{"Location", "Content-Length"} {
				w.Header().Del(name)
			}
			w.fail()
		}
	}
	return !w.failed
}
