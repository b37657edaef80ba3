package seal

import "encoding/hex"

// A sample is a text that a key has sealed, to find out later whether that key is there.
const (
	samplePlace = "key sample"
	sampleText  = "sealed"
)

// Sample seals a sample with the newest key, and names that key.
func (s *Sealer) Sample() (keyID string, sealed []byte, err error) {
	sealed, err = s.Seal([]byte(sampleText), samplePlace)
	return hex.EncodeToString(s.keys[0].id[:]), sealed, err
}

// OpensSample reports whether one of the keys has sealed the sample.
func (s *Sealer) OpensSample(sealed []byte) bool {
	text, err := s.Open(sealed, samplePlace)
	return err == nil && string(text) == sampleText
}

// Has reports whether the key that has sealed a text is among the keys, by the beginning of the text: see HeaderBytes.
func (s *Sealer) Has(header []byte) bool {
	if len(header) < headerBytes || header[0] != sealVersion {
		return false
	}
	for _, k := range s.keys {
		if k.id == [keyIDBytes]byte(header[1:headerBytes]) {
			return true
		}
	}
	return false
}

// HeaderBytes is how much of a sealed text names its key.
const HeaderBytes = headerBytes

// Newest is how everything begins that the newest key seals.
func (s *Sealer) Newest() []byte { return append([]byte{sealVersion}, s.keys[0].id[:]...) }

// KeyID names the key that has sealed a text, by the beginning of the text: eight hexadecimal digits that say nothing of the key. It
// is "" for what no key has sealed.
func KeyID(header []byte) string {
	if len(header) < headerBytes || header[0] != sealVersion {
		return ""
	}
	return hex.EncodeToString(header[1:headerBytes])
}
