package session

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// Bags keeps sealed bags under the hash of their token. A bag whose time is up is none. Each method is atomic.
type Bags interface {
	Find(ctx context.Context, key string) (sealed []byte, found bool, err error)
	// Swap replaces the bag under key if it is still old, where nil is none; nil for sealed deletes it. It reports
	// whether it did.
	Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error)
	// Take removes the bag under key and returns it, nil if there was none.
	Take(ctx context.Context, key string) ([]byte, error)
}

// A sealed bag is a version byte, four bytes naming the key, a nonce, and the bag under XChaCha20-Poly1305. The token
// hash it is stored under is part of what is authenticated, so a bag cannot be moved to another visitor.
const (
	sealVersion = 1
	keyIDBytes  = 4
	headerBytes = 1 + keyIDBytes
)

var errUnreadable = errors.New("bag cannot be opened")

type sealKey struct {
	id   [keyIDBytes]byte
	aead cipher.AEAD
}

// sealed is the store scs sees. A read never fails: a bag that is out of reach or cannot be opened is an empty one.
type sealed struct {
	bags Bags
	keys []sealKey
	log  *slog.Logger
}

func newSealed(bags Bags, keys [][]byte, log *slog.Logger) (*sealed, error) {
	if len(keys) == 0 {
		return nil, errors.New("no bag key")
	}
	s := &sealed{bags: bags, log: log}
	for _, key := range keys {
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, errors.New("a bag key needs 32 bytes")
		}
		sum := sha256.Sum256(key)
		s.keys = append(s.keys, sealKey{id: [keyIDBytes]byte(sum[:]), aead: aead})
	}
	return s, nil
}

// FindCtx returns the opened bag. A live session without a bag gets an empty one under its own token; for anybody
// else an unknown token stays unknown and is never adopted (ASVS v5.0.0-7.2.1).
func (s *sealed) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	q := requestOf(ctx)
	blob, found, err := s.bags.Find(ctx, key)
	if err != nil {
		s.log.WarnContext(ctx, "bag out of reach", "err", err)
		q.lost = err
		found = false
	}
	if found {
		q.read = blob
		plain, err := s.open(key, blob)
		if err == nil {
			return plain, true, nil
		}
		s.log.WarnContext(ctx, "crypt_decrypt_fail", "session", q.standing.Handle)
	}
	q.missing = true
	if q.standing.Verdict == Live || q.lost != nil {
		empty, err := codec{}.Encode(q.standing.Expires, nil)
		return empty, true, err
	}
	return nil, false, nil
}

// CommitCtx stores the first bag of a visitor, under a token made this moment. Others are written by write and move.
func (s *sealed) CommitCtx(ctx context.Context, key string, plain []byte, expires time.Time) error {
	blob, err := s.seal(key, plain)
	if err != nil {
		return err
	}
	done, err := s.bags.Swap(ctx, key, nil, blob, expires)
	if err == nil && !done {
		return errContended
	}
	return err
}

// DeleteCtx only notes the key: a rotation that fails must find its bag again, so deleting comes last.
func (s *sealed) DeleteCtx(ctx context.Context, key string) error {
	if q := requestOf(ctx); !q.missing {
		q.stale = append(q.stale, key)
	}
	return nil
}

func (s *sealed) seal(key string, plain []byte) ([]byte, error) {
	newest := s.keys[0]
	blob := make([]byte, headerBytes+chacha20poly1305.NonceSizeX, headerBytes+chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	blob[0] = sealVersion
	copy(blob[1:], newest.id[:])
	nonce := blob[headerBytes:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return newest.aead.Seal(blob, nonce, plain, append(blob[:headerBytes:headerBytes], key...)), nil
}

func (s *sealed) open(key string, blob []byte) ([]byte, error) {
	if len(blob) < headerBytes+chacha20poly1305.NonceSizeX || blob[0] != sealVersion {
		return nil, errUnreadable
	}
	header, nonce, sealed := blob[:headerBytes:headerBytes], blob[headerBytes:headerBytes+chacha20poly1305.NonceSizeX], blob[headerBytes+chacha20poly1305.NonceSizeX:]
	for _, k := range s.keys {
		if k.id == [keyIDBytes]byte(header[1:]) {
			return k.aead.Open(nil, nonce, sealed, append(header, key...))
		}
	}
	return nil, errUnreadable
}

// The methods without a context belong to scs's older Store interface; scs prefers those with one.

var errNoContext = errors.New("session: a context is needed")

func (s *sealed) Find(string) ([]byte, bool, error)      { return nil, false, errNoContext }
func (s *sealed) Commit(string, []byte, time.Time) error { return errNoContext }
func (s *sealed) Delete(string) error                    { return errNoContext }
