package auth

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
)

// What a demo link is for.
const (
	PurposePhone = "phone" // a second screen, while the session that made it lives
	PurposeBack  = "back"  // the browser of a session that has signed out or timed out
)

// PhoneLinkValid is how long a link for a second screen works.
const PhoneLinkValid = 2 * time.Minute

// ErrLinkOver means a demo link that was used, has expired, or was revoked.
var ErrLinkOver = errors.New("demo link over")

// A DemoLink opens a demo account once.
type DemoLink struct {
	TokenHash, UserID, Purpose string
	SessionID                  string // that made it
	Epoch                      int64  // of the account at that time
	CreatedAt, ExpiresAt       time.Time
	UsedAt                     time.Time // zero until then
	Stands                     bool      // the session that made it lives, or has ended, as the purpose demands
}

// NewDemoLink returns a link for the account of a session, to be stored, and its token.
func NewDemoLink(u User, purpose, sessionID string) (l DemoLink, token string) {
	at, token := audit.Now(), NewToken()
	l = DemoLink{
		TokenHash: HashToken(token), UserID: u.ID, Purpose: purpose, SessionID: sessionID, Epoch: u.Epoch, CreatedAt: at, ExpiresAt: u.DemoUntil,
	}
	if purpose == PurposePhone && at.Add(PhoneLinkValid).Before(l.ExpiresAt) {
		l.ExpiresAt = at.Add(PhoneLinkValid)
	}
	return l, token
}

// CheckDemoLink returns what a demo link proves: that its bearer was given the account, whatever else the account asks for at a
// sign-in. Nothing is used up before the proof opens a session. audit.ErrNotFound for a token that no link has, ErrLinkOver for
// one that opens nothing any more, as after every sign-out everywhere and change of credentials.
func (s *Service) CheckDemoLink(ctx context.Context, token, purpose string) (Proof, DemoLink, error) {
	if !audit.IsID(token) {
		return Proof{}, DemoLink{}, audit.ErrNotFound
	}
	link, u, err := s.store.DemoLink(ctx, HashToken(token), purpose)
	if err != nil {
		return Proof{}, DemoLink{}, err
	}
	at := audit.Now()
	if !link.UsedAt.IsZero() || !at.Before(link.ExpiresAt) || !link.Stands || link.Epoch != u.Epoch || !u.DisabledAt.IsZero() || !u.IsDemo() {
		return Proof{}, link, ErrLinkOver
	}
	return Proof{user: u, method: MethodDemoLink, spend: Spend{UserID: u.ID, At: at, DemoLink: link.TokenHash}}, link, nil
}
