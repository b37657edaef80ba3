package webtest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

// A Log collects what a portal logs. When the test has failed, the lines that may explain it are printed after the
// test's own messages. It is safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	b     bytes.Buffer
	grown sync.Cond
}

// NewLog returns an empty log of a portal in the test.
func NewLog(t testing.TB) *Log {
	l := &Log{}
	l.grown.L = &l.mu
	t.Cleanup(func() {
		if said := l.String(); t.Failed() && said != "" {
			t.Logf("of the portal's log:\n%s", Telling(said))
		}
	})
	return l
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.grown.Broadcast()
	return l.b.Write(p)
}

// String is everything that was logged.
func (l *Log) String() string { return l.After(0) }

// Len is how much was logged so far, in bytes.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Len()
}

// After is what was logged after the first n bytes.
func (l *Log) After(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b.Bytes()[min(n, l.b.Len()):])
}

// Await waits until one of the texts is logged after the first n bytes, and returns it.
func (l *Log) Await(n int, texts ...string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for _, text := range texts {
			if bytes.Contains(l.b.Bytes()[min(n, l.b.Len()):], []byte(text)) {
				return text
			}
		}
		l.grown.Wait()
	}
}

// Reset forgets what was logged.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

// tellingLines is how much of a log is shown.
const tellingLines = 20

// Telling returns the latest warnings and errors of a log; if there are none, its last lines.
func Telling(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	var telling []string
	for _, line := range lines {
		if strings.Contains(line, "WARN") || strings.Contains(line, "ERROR") {
			telling = append(telling, line)
		}
	}
	if len(telling) == 0 {
		telling = lines
	}
	return strings.Join(telling[max(0, len(telling)-tellingLines):], "\n")
}
