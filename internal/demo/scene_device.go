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

// IsMadeUp reports whether a session belongs to a device of the story, which nobody uses.
func IsMadeUp(x session.Session) bool {
	return slices.ContainsFunc([]storyDevice{tablet, phone, script, office}, func(d storyDevice) bool {
		return d.agent == x.UserAgent && d.ip == x.IP
	})
}

// Choose returns the session of the story that a scene signs out: one that needs no answer of its owner, if there is one.
func Choose(live []session.Session) (session.Session, bool) {
	made := slices.DeleteFunc(slices.Clone(live), func(x session.Session) bool { return !IsMadeUp(x) })
	if len(made) == 0 {
		return session.Session{}, false
	}
	slices.SortStableFunc(made, func(a, b session.Session) int { return len(a.Flag) - len(b.Flag) })
	return made[0], true
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
