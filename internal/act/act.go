// Package act makes a press that is repeated one act. A browser drops the answer of a press when another comes, and a
// tunnel drops any, and with the answer goes the only copy of a new token. So a form that rotates, opens or ends a session,
// spends something, sends an email or writes an event carries a random value, the transaction of the change stores the answer under it, and the same press within Valid gets
// the same answer. It knows neither HTTP nor SQL, and nothing of what an act changes.
package act

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/mail"
)

// Valid is how long an act may be repeated.
const Valid = 30 * time.Second

// New returns the hidden value of a form that is about to be shown.
func New() string { return rand.Text() }

// Is reports whether the text can be a value of New.
func Is(text string) bool { return audit.IsID(text) }

// An Act is one press: the value of the form, and all that has to be the same when it is repeated.
type Act struct {
	key, came string // hashes of the value with its route, and of the cookie that it came with
	secret    []byte // of the value and the fields: nothing stored opens the answer without both
}

// Of returns the act of a form that was sent to the route by a browser, with the hash of its session cookie, "" for none.
// The fields leave out the value itself.
func Of(value, route, agent, cookieHash string, fields url.Values) *Act {
	sum := sha256.Sum256([]byte(route + "\x00" + value))
	mac := hmac.New(sha256.New, []byte(value))
	_, _ = fmt.Fprintf(mac, "%s\x00%s\x00%s", route, agent, fields.Encode()) // a hash never fails
	return &Act{key: base64.RawURLEncoding.EncodeToString(sum[:]), came: cookieHash, secret: mac.Sum(nil)}
}

// Key names the act among all.
func (a *Act) Key() string { return a.key }

// An Answer is what the browser gets each time.
type Answer struct {
	Token string // of the session from then on; "" where the cookie stays as it is
	Place string // where the browser is led to; "" for a file
	File  File   // nil for none
	Lives bool   // the session that carries the hash of the record goes on, and the answer is for its browser alone
	Ends  bool   // the press ended the session that it came in: the browser has no cookie since

	Pending string // token of the sign-in that waits for its second step; "" for none
	Back    string // token of the way back to the demo that the press has opened, until BackUntil; "" for none

	BackUntil time.Time
}

// A Holder is the session that carries the token of an answer, as its cookie needs to know it.
type Holder struct {
	Expires    time.Time // the zero time when none carries it
	Remembered bool
	Over       bool
}

// A Record is an act with its answer, as it is stored.
type Record struct {
	Key       string // "" for a press that is no act: only its notices are stored
	CameHash  string // of the cookie that it came with, "" for none
	TokenHash string // of the token that the browser has after it, "" for none
	Answer    []byte // sealed twice: for the secret of the act, and by the portal
	ExpiresAt time.Time
	Notices   []mail.Notice // of what the act changes
}

// Store keeps records. They are written by the transactions of what the acts change.
type Store interface {
	// Act returns the record of that key and the session that carries the token of its answer. ErrNotFound for no
	// record, or one that has expired.
	Act(ctx context.Context, key string, at time.Time) (Record, Holder, error)
	DeleteAct(ctx context.Context, key string) error
	// PruneActs deletes the records that have expired.
	PruneActs(ctx context.Context, at time.Time) error
}

// A Sealer encrypts for one place.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// Acts finds the answers of acts.
type Acts struct {
	store  Store
	sealer Sealer
}

// NewActs returns the acts in the store.
func NewActs(store Store, sealer Sealer) *Acts { return &Acts{store, sealer} }

// Record returns what the transaction of the act is to store: a record without a key for no act. tokenHash is that of the
// token that the browser has after it.
func (s *Acts) Record(a *Act, answer Answer, tokenHash string) (*Record, error) {
	if a == nil {
		return &Record{}, nil
	}
	plain, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	inner, err := chacha20poly1305.NewX(a.secret)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, inner.NonceSize(), inner.NonceSize()+len(plain)+inner.Overhead())
	_, _ = rand.Read(nonce) // never fails
	sealed, err := s.sealer.Seal(inner.Seal(nonce, nonce, plain, nil), SealPlace(a.key))
	return &Record{Key: a.key, CameHash: a.came, TokenHash: tokenHash, Answer: sealed, ExpiresAt: audit.Now().Add(Valid)}, err
}

// SealPlace binds the answer to its act.
func SealPlace(key string) string { return "act\x00" + key }

// Find returns the answer of an act that was done already. ErrNotFound when it was not, and when the press is another: it
// brings other fields, whose first answer is forgotten then, or a cookie that is neither the one it came with nor the one
// that it led to, which after an ending is none. So it is when the session that was to go on is over, and for a file, when it
// has another token.
func (s *Acts) Find(ctx context.Context, a *Act) (Answer, Holder, error) {
	r, holder, err := s.store.Act(ctx, a.key, audit.Now())
	if err != nil {
		return Answer{}, Holder{}, err
	}
	answer, err := s.open(a, r)
	if err != nil {
		return Answer{}, Holder{}, errors.Join(audit.ErrNotFound, s.store.DeleteAct(ctx, a.key))
	}
	if gone := a.came == "" && answer.Ends; a.came != r.CameHash && !gone && (a.came != r.TokenHash || a.came == "") {
		return Answer{}, Holder{}, audit.ErrNotFound
	}
	if holder.Over && answer.Lives { // signed out since: the same press is another sign-in
		return Answer{}, Holder{}, errors.Join(audit.ErrNotFound, s.store.DeleteAct(ctx, a.key))
	}
	if holder.Expires.IsZero() && answer.File != nil {
		return Answer{}, Holder{}, audit.ErrNotFound
	}
	if holder.Expires.IsZero() || holder.Over { // the session has gone on since, or the press has ended it: the browser keeps what it has
		answer.Token = ""
	}
	return answer, holder, nil
}

// Forget lets the same press be another act.
func (s *Acts) Forget(ctx context.Context, a *Act) error { return s.store.DeleteAct(ctx, a.key) }

// Sweep deletes the records that have expired.
func (s *Acts) Sweep(ctx context.Context) error { return s.store.PruneActs(ctx, audit.Now()) }

func (s *Acts) open(a *Act, r Record) (answer Answer, err error) {
	sealed, err := s.sealer.Open(r.Answer, SealPlace(a.key))
	if err != nil {
		return answer, err
	}
	inner, err := chacha20poly1305.NewX(a.secret)
	if err != nil {
		return answer, err
	}
	if len(sealed) < inner.NonceSize() {
		return answer, errors.New("act: too short")
	}
	plain, err := inner.Open(nil, sealed[:inner.NonceSize()], sealed[inner.NonceSize():], nil)
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(plain, &answer)
}
