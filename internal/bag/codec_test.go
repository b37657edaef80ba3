package bag

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/seal"
)

var (
	testKey = bytes.Repeat([]byte{2}, 32)
	silent  = slog.New(slog.DiscardHandler)
)

func TestCodec(t *testing.T) {
	deadline := time.Date(2026, 11, 20, 12, 0, 0, 123000, time.UTC)
	for _, want := range []map[string]any{{}, {"a": ""}, {"": "b"}, {"flash": "Ünïcödé \x00 bytes", "basket.plan": strings.Repeat("x", 5000)}} {
		b, err := codec{}.Encode(deadline, want)
		if err != nil {
			t.Fatal(err)
		}
		at, got, err := codec{}.Decode(b)
		if err != nil || !at.Equal(deadline) || !maps.Equal(got, want) {
			t.Errorf("got %v %v %v, want %v %v", at, got, err, deadline, want)
		}
	}
}

func testSealer(t testing.TB) *seal.Sealer {
	t.Helper()
	s, err := seal.New([][]byte{testKey})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// memoryBags counts on nothing but a map; it is here to show what the sealed store asks of its inner one.
type memoryBags map[string][]byte

func (m memoryBags) Find(_ context.Context, key string) ([]byte, error) { return m[key], nil }

func (m memoryBags) Swap(_ context.Context, key string, old, sealed []byte, _ time.Time) (bool, error) {
	if old == nil && sealed == nil {
		return false, errors.New("nothing is replaced by nothing")
	}
	if !bytes.Equal(m[key], old) {
		return false, nil
	}
	if sealed == nil {
		delete(m, key)
	} else {
		m[key] = sealed
	}
	return true, nil
}

func (m memoryBags) Delete(_ context.Context, key string) error {
	delete(m, key)
	return nil
}
