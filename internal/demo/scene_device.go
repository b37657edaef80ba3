package demo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// Choose returns the session of a device of the story, which nobody uses: of the flagged one last, whose owner has a question to
// answer.
func Choose(live []session.Session) (session.Session, bool) {
	for _, d := range []storyDevice{tablet, phone, script, office} {
		i := slices.IndexFunc(live, func(x session.Session) bool { return d.agent == x.UserAgent && d.ip == x.IP })
		if i >= 0 {
			return live[i], true
		}
	}
	return session.Session{}, false
}

// Play makes a device of the story usable, and begins the scene about it: its session gets a token that the caller alone has.
// ErrEnded when another press was first.
func (s *Service) Play(ctx context.Context, x session.Session, by audit.Actor, press *act.Record) (scene Scene, token string, err error) {
	secret := make([]byte, 32) // as the cookie of a session has it
	_, _ = rand.Read(secret)   // never fails
	token, scene = base64.RawURLEncoding.EncodeToString(secret), SceneOf(SceneDevices, x)
	r := session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: auth.HashToken(token), Act: press}, At: scene.At}
	return scene, token, s.begin(ctx, scene, by, func(events ...audit.Event) error { return s.store.RenewInScene(ctx, r, scene, events...) })
}

// ClientOf is what a session of the story is used from.
func ClientOf(x session.Session) device.Client {
	return device.Client{IP: x.IP, UserAgent: x.UserAgent}
}

// Thief is what a copied token comes from.
func Thief() device.Client { return device.Client{IP: afar.ip, UserAgent: afar.agent} }
