package demo

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// OfferLink makes a link that opens the account of the session on a second screen, and begins the scene about it. It takes back
// the one that the session made before. ErrConflict when the session is over.
func (s *Service) OfferLink(ctx context.Context, x session.Session, u auth.User, password string, press *act.Record, c device.Client) (token string, err error) {
	token = auth.NewToken()
	link, err := s.auth.NewDemoLink(token, u, auth.PurposePhone, x.ID, password)
	if err != nil {
		return "", err
	}
	scene := SceneOf(SceneSecondDevice, x)
	return token, s.begin(ctx, scene, x.By(c), func(events ...audit.Event) error {
		return s.store.OfferLink(ctx, link, scene, x.By(c), press, events...)
	})
}

// SecondScreen returns the handle of the session that the latest link of OfferLink has opened, "" before that.
func (s *Service) SecondScreen(ctx context.Context, userID string) (handle string, err error) {
	return s.store.OpenedOnSecondScreen(ctx, userID)
}

// WayBack makes the link with this token open the account again once this session has timed out or signed out by itself.
func (s *Service) WayBack(ctx context.Context, token string, x session.Session, u auth.User, password string) error {
	link, err := s.auth.NewDemoLink(token, u, auth.PurposeBack, x.ID, password)
	if err == nil {
		err = s.store.AddDemoLink(ctx, link)
	}
	if err != nil {
		return fmt.Errorf("way back: %w", err)
	}
	return nil
}
