package bag

import (
	"bytes"
	"maps"
	"testing"
	"time"
)

// everyByte calls try with the bytes changed at one place to each of the 255 other values, cut short at each place, and
// with each byte twice.
func everyByte(b []byte, try func(changed []byte)) {
	for i := range b {
		for add := 1; add < 256; add++ {
			changed := bytes.Clone(b)
			changed[i] += byte(add)
			try(changed)
		}
		try(b[:i:i])
		try(append(bytes.Clone(b[:i+1]), b[i:]...))
	}
}

// A sealed bag opens as what it was for the visitor it was made for. Changed in any byte to anything, cut anywhere, or
// moved to another visitor, it does not open.
func TestTamperedBag(t *testing.T) {
	s := testSealer(t)
	plain, err := codec{}.Encode(time.Unix(1, 0), map[string]any{"basket.plan": "hall", "flash": "Hall is in your basket."})
	if err != nil {
		t.Fatal(err)
	}
	blob, err := s.Seal(plain, "key")
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := s.Open(blob, "key"); err != nil || !bytes.Equal(opened, plain) {
		t.Fatalf("as it was: got %q, %v", opened, err)
	}
	n := 0
	everyByte(blob, func(changed []byte) {
		n++
		if opened, err := s.Open(changed, "key"); err == nil {
			t.Errorf("%x, sealed as %x: opened as %q", changed, blob, opened)
		}
	})
	if _, err := s.Open(blob, "another key"); err == nil {
		t.Error("opened under another visitor's key")
	}
	t.Logf("%d damaged bags, none opened", n)
}

// A bag that was damaged before it was sealed, as by a mistake of ours, is read as strings or as empty.
func TestDamagedPlainBag(t *testing.T) {
	plain, err := codec{}.Encode(time.Unix(1, 0), map[string]any{"basket.plan": "hall", "basket.order": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "": ""})
	if err != nil {
		t.Fatal(err)
	}
	everyByte(plain, func(changed []byte) { checkDecoded(t, changed) })
}

// checkDecoded wants strings that were in the bytes, in the form that writing them again keeps.
func checkDecoded(t *testing.T, b []byte) {
	t.Helper()
	deadline, values, err := codec{}.Decode(b)
	if err != nil || values == nil {
		t.Fatalf("%x: got %v, %v", b, values, err)
	}
	size := 0
	for key, value := range values {
		text, ok := value.(string)
		if !ok {
			t.Fatalf("%x: %q is a %T", b, key, value)
		}
		size += len(key) + len(text)
	}
	if size > len(b) {
		t.Errorf("%x: %d bytes of values in %d", b, size, len(b))
	}
	again, err := codec{}.Encode(deadline, values)
	if err != nil {
		t.Fatalf("%x: read, and not written again: %v", b, err)
	}
	if at, twice, err := (codec{}).Decode(again); err != nil || !at.Equal(deadline) || !maps.Equal(twice, values) {
		t.Errorf("%x: read as %v %v, and as %v %v the next time: %v", b, deadline, values, at, twice, err)
	}
}

// FuzzDecode reads any bytes for a bag, plain and sealed.
func FuzzDecode(f *testing.F) {
	good, _ := codec{}.Encode(time.Unix(1, 0), map[string]any{"key": "value"})
	f.Add(good)
	f.Add([]byte{})
	f.Add(append(bytes.Clone(good), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01))
	s := testSealer(f)
	blob, err := s.Seal(good, "key")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkDecoded(t, b)
		if opened, err := s.Open(b, "another key"); err == nil {
			t.Errorf("%x: opened as %q", b, opened)
		}
	})
}
