package act

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
)

// A File is what a browser saves. It is stored compressed, because everything about a person can be many megabytes.
type File []byte

// MarshalJSON implements [json.Marshaler]. No file is null.
func (f File) MarshalJSON() ([]byte, error) {
	if f == nil {
		return json.Marshal(nil)
	}
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(f); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return json.Marshal(small.Bytes())
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *File) UnmarshalJSON(text []byte) error {
	var small []byte
	if err := json.Unmarshal(text, &small); err != nil || small == nil {
		*f = nil
		return err
	}
	r, err := gzip.NewReader(bytes.NewReader(small))
	if err != nil {
		return err
	}
	*f, err = io.ReadAll(r)
	return err
}
