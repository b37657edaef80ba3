package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RepeatWithin is how long the repeats of an event are counted in its line. Without that a trail of thousands of lines
// of one kind hides the one that matters (ASVS v5.0.0-16.4.1).
const RepeatWithin = time.Minute

// anonymousKey keeps the digest of an anonymous event from telling which address it is about.
var anonymousKey = []byte(rand.Text())

// About says which address an anonymous event is about. It is neither stored nor logged, and only keeps events about two
// addresses apart, as those of two accounts are.
func (e Event) About(address string) Event {
	e.about = strings.ToLower(strings.TrimSpace(address))
	return e
}

// linesOfTheirOwn are endings of sessions, and answers, whose order says which counts.
var linesOfTheirOwn = []Kind{SessionExpired, EventRecognised, SecuringBegun, SecuringDone}

// Same is a digest of what the event says, its time apart: a repeat has the same. It is "" for what is always a line of its own. The name of a browser and the network of a customer count, not the whole text and the
// whole address, because whoever repeats something chooses those.
func (e Event) Same() string {
	if slices.Contains(linesOfTheirOwn, e.Kind) {
		return ""
	}
	var key []byte
	about := ""
	if e.UserID == "" {
		key, about = anonymousKey, e.about
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%q", []string{
		e.UserID, e.SessionID, string(e.Kind), e.Reason, e.Client.Name(), e.Client.Customer(), e.Other, e.Role, e.Note, about,
	})
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// Count is how many events the line stands for.
func (e Event) Count() int { return max(1, e.Times) }

// Merge makes one event of those that repeat each other within RepeatWithin, in the order of the first of each.
func Merge(events []Event) (merged []Event) {
	lines := map[string]int{}
	for _, e := range events {
		same := e.Same()
		if i, ok := lines[same]; ok && same != "" && e.At.Sub(merged[i].At).Abs() < RepeatWithin {
			merged[i].Times = merged[i].Count() + e.Count()
			continue
		}
		lines[same] = len(merged)
		merged = append(merged, e)
	}
	return merged
}
