package bag

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// codec writes a bag as plain strings behind a version byte and its deadline: no type names that a rolling deploy
// could trip over, and keys this build does not know survive being read and written by it.
type codec struct{}

const bagVersion = 1

func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	b := []byte{bagVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(deadline.UnixMicro()))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value, _ := values[key].(string) // the methods of Manager take nothing else
		b = appendText(appendText(b, key), value)
	}
	return b, nil
}

// Decode never fails: a bag that it cannot read counts as empty, because an unreadable bag must not lock anybody out.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	values := make(map[string]any)
	if len(b) < 9 || b[0] != bagVersion {
		return time.Time{}, values, nil
	}
	deadline := time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:]))).UTC()
	for b = b[9:]; len(b) > 0; {
		key, afterKey, okKey := cutText(b)
		value, rest, okValue := cutText(afterKey)
		if !okKey || !okValue {
			return deadline, make(map[string]any), nil
		}
		values[key] = value
		b = rest
	}
	return deadline, values, nil
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func cutText(b []byte) (text string, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil, false
	}
	return string(b[size : size+int(n)]), b[size+int(n):], true
}
