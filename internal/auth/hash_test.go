package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestHash(t *testing.T) {
	h, ctx := newHasher(HashCost{}), t.Context()
	long := strings.Repeat("x", 72) + "y"
	encoded, err := h.Hash(ctx, long)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %q, want the OWASP parameters", encoded)
	}
	if again, _ := h.Hash(ctx, long); again == encoded {
		t.Error("two hashes with the same salt")
	}
	for password, want := range map[string]bool{
		long: true, long[:72]: false, long + " ": false, strings.ToUpper(long): false, long[:72] + "z": false, "": false,
	} {
		if got, outdated, err := h.Verify(ctx, password, encoded); got != want || outdated || err != nil {
			t.Errorf("Verify(%.5q...%d): got %v, outdated %v, %v, want %v", password, len(password), got, outdated, err, want)
		}
	}
	low := HashCost{Memory: 8 * 1024, Passes: 1, Lanes: 1}
	weak := encode(low, []byte("saltsaltsaltsalt"), derive(low, "old", []byte("saltsaltsaltsalt"), 32))
	if match, outdated, err := h.Verify(ctx, "old", weak); !match || !outdated || err != nil {
		t.Errorf("an older hash: got %v, outdated %v, %v, want a match to be made again", match, outdated, err)
	}
}

// A hash in the database is untrusted input: none may cost more than a normal sign-in.
func TestMalformedHash(t *testing.T) {
	good := encode(DefaultHashCost, make([]byte, 16), make([]byte, 32))
	for _, encoded := range []string{
		"", "x", "$argon2id$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=18", 1),
		strings.Replace(good, "m=19456", "m=4294967295", 1), strings.Replace(good, "t=2", "t=99999", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "p=1", "p=255", 1), strings.Replace(good, "m=19456", "m=0", 1), good[:len(good)-30], good + "!", strings.Replace(good, "m=", "m=-", 1),
	} {
		if _, _, err := newHasher(HashCost{}).Verify(t.Context(), "x", encoded); !errors.Is(err, errMalformedHash) {
			t.Errorf("%q: got %v, want errMalformedHash", encoded, err)
		}
	}
}

// Hashes beyond the parallel limit wait, those beyond the queue get ErrBusy, and a cancelled request leaves the queue.
func TestHashingIsBounded(t *testing.T) {
	h := newHasher(HashCost{})
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("hung up while waiting: got %v", err)
	}
	h.waiting.Store(maxWaiting)
	ctx, cancel = context.WithTimeout(t.Context(), time.Second) // shorter than the wait of those who may queue
	defer cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("queue full: got %v, want ErrBusy", err)
	}
	if got := h.waiting.Load(); got != maxWaiting {
		t.Errorf("%d waiting afterwards, want %d", got, maxWaiting)
	}
}
