package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// A HashCost says what one argon2id hash takes. The memory is per hash in flight, which is why the hasher bounds how many
// there are.
type HashCost struct {
	Memory uint32 // KiB, at least 8
	Passes uint32 // over the memory
	Lanes  uint8
}

// DefaultHashCost is the OWASP minimum for argon2id (Password Storage Cheat Sheet; ASVS v5.0.0-11.4.2).
var DefaultHashCost = HashCost{Memory: 19 * 1024, Passes: 2, Lanes: 1}

const (
	saltBytes = 16
	keyBytes  = 32
	// Bounds for hashes read from the database, so that a tampered row cannot use up the memory or processor time.
	maxMemory  = 256 * 1024
	maxPasses  = 16
	maxLanes   = 16
	maxWaiting = 200
	waitAtMost = 5 * time.Second
)

// hasher computes password hashes, at most one per processor at a time.
type hasher struct {
	cost    HashCost // of new hashes
	slots   chan struct{}
	waiting atomic.Int32
	observe func(time.Duration) // nil for nobody
	dummy   string              // of a random password: verified when there is no account, so that the answer takes as long
}

// newHasher returns a hasher that makes hashes of this cost; the zero value is DefaultHashCost.
func newHasher(cost HashCost) *hasher {
	if cost == (HashCost{}) {
		cost = DefaultHashCost
	}
	salt := make([]byte, saltBytes)
	key := make([]byte, keyBytes)
	_, _ = rand.Read(salt)
	_, _ = rand.Read(key)
	return &hasher{
		cost:  cost,
		slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		dummy: encode(cost, salt, key),
	}
}

// acquire waits for a slot. It returns ErrBusy when the queue is full or the wait too long, so that a flood of sign-ins
// does not use up the memory.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer h.waiting.Add(-1)
	timer := time.NewTimer(waitAtMost)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-timer.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Hash returns the PHC string of the password at the current cost and with a random salt.
func (h *hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return encode(h.cost, salt, h.derive(h.cost, password, salt, keyBytes)), nil
}

// Verify reports whether the password matches, and whether its hash should be made again at the current cost.
func (h *hasher) Verify(ctx context.Context, password, encoded string) (match, outdated bool, err error) {
	p, salt, want, err := decode(encoded)
	if err != nil {
		return false, false, err
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	got := h.derive(p, password, salt, len(want))
	return subtle.ConstantTimeCompare(got, want) == 1, p != h.cost, nil
}

// Queue is how many passwords are hashed or wait for it.
func (s *Service) Queue() int { return int(s.hash.waiting.Load()) }

// ObserveHashes has told how long each hash took. It is called before the service is used.
func (s *Service) ObserveHashes(f func(time.Duration)) { s.hash.observe = f }

// derive is told to whoever measures.
func (h *hasher) derive(p HashCost, password string, salt []byte, n int) []byte {
	if h.observe != nil {
		defer func(began time.Time) { h.observe(time.Since(began)) }(time.Now())
	}
	return derive(p, password, salt, n)
}

func derive(p HashCost, password string, salt []byte, n int) []byte {
	return argon2.IDKey([]byte(password), salt, p.Passes, p.Memory, p.Lanes, uint32(n))
}

func encode(p HashCost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.Memory, p.Passes, p.Lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

var errMalformedHash = errors.New("malformed password hash")

func decode(encoded string) (p HashCost, salt, key []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errMalformedHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Passes, &p.Lanes); err != nil {
		return p, nil, nil, errMalformedHash
	}
	if p.Memory < 8 || p.Memory > maxMemory || p.Passes < 1 || p.Passes > maxPasses || p.Lanes < 1 || p.Lanes > maxLanes {
		return p, nil, nil, errMalformedHash
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return p, nil, nil, errMalformedHash
	}
	return p, salt, key, nil
}
