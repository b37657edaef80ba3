package auth

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A request in the queue waits exactly five seconds and then gets ErrBusy. A slot that becomes free meanwhile is taken.
func TestHashIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, began := newHasher(HashCost{}), time.Now()
		for range cap(h.slots) {
			h.slots <- struct{}{}
		}
		var waiting sync.WaitGroup
		for range maxWaiting {
			waiting.Go(func() {
				if _, err := h.Hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
					t.Errorf("got %v, want ErrBusy", err)
				}
				if waited := time.Since(began); waited != 5*time.Second {
					t.Errorf("waited for %s, want 5 s", waited)
				}
			})
		}
		waiting.Wait()

		go func() {
			time.Sleep(5*time.Second - time.Nanosecond)
			<-h.slots
		}()
		if _, err := h.Hash(t.Context(), "x"); err != nil {
			t.Errorf("a place came free in time: got %v", err)
		}
		if n := h.waiting.Load(); n != 0 {
			t.Errorf("%d waiting afterwards, want none", n)
		}
	})
}
