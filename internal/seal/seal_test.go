package seal

import (
	"bytes"
	"testing"
)

var (
	oldKey = bytes.Repeat([]byte{1}, 32)
	newKey = bytes.Repeat([]byte{2}, 32)
)

func sealedWith(t *testing.T, keys ...[]byte) *Sealer {
	t.Helper()
	s, err := New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The newest key seals, older ones still open, and a removed key does not.
func TestKeyRotation(t *testing.T) {
	before, during, after := sealedWith(t, oldKey), sealedWith(t, newKey, oldKey), sealedWith(t, newKey)
	blob, err := before.Seal([]byte("plan"), "key")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(blob, []byte("plan")) {
		t.Error("the bag is stored in the clear")
	}
	if plain, err := during.Open(blob, "key"); err != nil || string(plain) != "plan" {
		t.Errorf("with the key added in front: got %q, %v", plain, err)
	}
	if _, err := after.Open(blob, "key"); err == nil {
		t.Error("opened with a key that was taken away")
	}
	if blob, err = during.Seal([]byte("plan"), "key"); err != nil {
		t.Fatal(err)
	}
	if _, err := after.Open(blob, "key"); err != nil {
		t.Errorf("not sealed with the newest key: %v", err)
	}
}

func TestKeysAreChecked(t *testing.T) {
	for name, keys := range map[string][][]byte{"none": nil, "short": {oldKey[:31]}, "second short": {oldKey, {1}}} {
		if _, err := New(keys); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
