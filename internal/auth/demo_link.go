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
	Password                   string // that was made with the account, to be shown again; "" for none
	Sealed                     []byte // the same, as it is stored
	CreatedAt, ExpiresAt       time.Time
	UsedAt                     time.Time // zero until then
	Stands                     bool      // the session that made it lives, or has ended, as the purpose demands
}

// SealPlace binds the password to its link.
func (l DemoLink) SealPlace() string { return "demo-link\x00" + l.TokenHash }

// NewDemoLink returns a link for the account of a session, to be stored. Its token is one of NewToken. The password is shown where
// the link leads.
func (s *Service) NewDemoLink(token string, u User, purpose, sessionID, password string) (l DemoLink, err error) {
	at := audit.Now()
	l = DemoLink{
		TokenHash: HashToken(token), UserID: u.ID, Purpose: purpose, SessionID: sessionID, Epoch: u.Epoch, Password: password, Sealed: []byte{},
		CreatedAt: at, ExpiresAt: u.DemoUntil,
	}
	if purpose == PurposePhone && at.Add(PhoneLinkValid).Before(l.ExpiresAt) {
		l.ExpiresAt = at.Add(PhoneLinkValid)
	}
	if password != "" {
		l.Sealed, err = s.sealer.Seal([]byte(password), l.SealPlace())
	}
	return l, err
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
	if len(link.Sealed) > 0 && u.HasDemoPassword() {
		plain, err := s.sealer.Open(link.Sealed, link.SealPlace())
		if err != nil { // its key is gone
			s.log.WarnContext(ctx, "password of a demo not opened", "err", err)
		}
		link.Password = string(plain)
	}
	return Proof{user: u, method: MethodDemoLink, spend: Spend{UserID: u.ID, At: at, DemoLink: link.TokenHash}}, link, nil
}
