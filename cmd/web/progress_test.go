package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

// A line of progress is there once a command takes long, says what is left, and goes at the end. Elsewhere than on a terminal there is
// none.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var to bytes.Buffer
		bar := newProgress(surroundings{stderr: &to}, "drafts", 100)
		if bar.w != nil {
			t.Fatal("a buffer is no terminal")
		}
		bar.w = &to
		bar.step(10)
		if to.Len() != 0 {
			t.Errorf("wrote %q within a moment", to.String())
		}
		time.Sleep(10 * time.Second)
		bar.step(10)
		bar.step(10) // too soon for another line
		if want := "\r\x1b[Kdrafts: 20 of 100, about 40s left"; to.String() != want {
			t.Errorf("got %q, want %q", to.String(), want)
		}
		bar.done()
		if !bytes.HasSuffix(to.Bytes(), []byte("left\r\x1b[K")) {
			t.Errorf("got %q, want a line that is gone", to.String())
		}
	})
}
