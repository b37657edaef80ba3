package bag

import "net/http"

// writer settles cookie and bag before the first byte. When that fails, finish has sent an error page, and what the handler
// writes after it is dropped, so that no page follows the error.
type writer struct {
	http.ResponseWriter
	finish func() bool // settles, once, and reports whether the handler's own answer may go out
}

func (w *writer) WriteHeader(code int) {
	interim := code >= 100 && code < 200 && code != http.StatusSwitchingProtocols
	if interim || w.finish() {
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
