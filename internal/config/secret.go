package config

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"slices"
	"strings"

	"example.com/gatehouse/internal/brand"
)

const (
	keySize = 32
	makeKey = "make one with: openssl rand -base64 32"
)

// NewKey returns a random key in the form KEYS expects.
func NewKey() string {
	key := make([]byte, keySize)
	rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

// secret returns the value, or the content of the file that is given instead. It is false after a mistake.
func (l *loader) secret(name, value, path string) (string, bool) {
	value = strings.TrimSpace(value)
	if path == "" {
		return value, true
	}
	if value != "" {
		l.refuse(name, "is set together with %s: use one or the other", brand.Env(name+"_FILE"))
		return "", false
	}
	content, err := os.ReadFile(path)
	if err != nil {
		l.refuse(name+"_FILE", "its file cannot be read: %v", withoutPath(err))
		return "", false
	}
	value = strings.TrimSpace(string(content))
	if value == "" {
		l.refuse(name+"_FILE", "its file is empty")
	}
	return value, value != ""
}

func (l *loader) keys() {
	text, ok := l.secret("KEYS", l.flags.Keys, l.flags.KeysFile)
	if !ok {
		return
	}
	if text == "" {
		if l.s.Production() {
			l.refuse("KEYS", "is required in production: %s", makeKey)
		}
		return
	}
	for i, one := range strings.Split(text, ",") {
		key := decodeKey(strings.TrimSpace(one))
		switch {
		case len(key) != keySize:
			l.refuse("KEYS", "key %d is not base64 of %d bytes: %s", i+1, keySize, makeKey)
		case slices.ContainsFunc(l.s.Keys, func(k []byte) bool { return string(k) == string(key) }):
			l.refuse("KEYS", "key %d is there twice", i+1)
		default:
			l.s.Keys = append(l.s.Keys, key)
		}
	}
}

// decodeKey accepts both alphabets of base64, padded or not. It is nil for anything else.
func decodeKey(text string) []byte {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	key, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return key
}
