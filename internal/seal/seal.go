// Package seal encrypts what is stored, so that a copy of a database or a Redis shows nothing: bags, drafts, the
// outbox, the secrets of authenticator apps. It knows the keys, but neither what is encrypted nor where that is stored.
package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// A sealed text is a version byte, four bytes naming the key, a nonce, and the text under XChaCha20-Poly1305.
const (
	sealVersion = 1
	keyIDBytes  = 4
	headerBytes = 1 + keyIDBytes
	nonceBytes  = chacha20poly1305.NonceSizeX
)

var errUnreadable = errors.New("sealed text cannot be opened")

// A Sealer encrypts what is stored for one owner in one place. The place is part of what is authenticated, so a sealed
// text that is moved elsewhere does not open. Each caller must choose names of places that no other caller uses. It is
// safe for concurrent use.
type Sealer struct{ keys []sealKey }

type sealKey struct {
	id   [keyIDBytes]byte
	aead cipher.AEAD
}

// New returns a Sealer with keys of 32 bytes, newest first: the first seals, all of them open. It fails when a key
// has another length or there is none.
func New(keys [][]byte) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("no bag key")
	}
	s := &Sealer{}
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

// Seal encrypts the text for that place.
func (s *Sealer) Seal(plain []byte, place string) ([]byte, error) {
	newest := s.keys[0]
	blob := make([]byte, headerBytes+nonceBytes, headerBytes+nonceBytes+len(plain)+chacha20poly1305.Overhead)
	blob[0] = sealVersion
	copy(blob[1:], newest.id[:])
	nonce := blob[headerBytes:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return newest.aead.Seal(blob, nonce, plain, append(blob[:headerBytes:headerBytes], place...)), nil
}

// Open returns the text that was sealed for that place. It fails for anything else.
func (s *Sealer) Open(blob []byte, place string) ([]byte, error) {
	if len(blob) < headerBytes+nonceBytes || blob[0] != sealVersion {
		return nil, errUnreadable
	}
	header, nonce, sealed := blob[:headerBytes:headerBytes], blob[headerBytes:headerBytes+nonceBytes], blob[headerBytes+nonceBytes:]
	for _, k := range s.keys {
		if k.id == [keyIDBytes]byte(header[1:]) {
			return k.aead.Open(nil, nonce, sealed, append(header, place...))
		}
	}
	return nil, errUnreadable
}
