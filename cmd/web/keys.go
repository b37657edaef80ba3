package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/store"
)

// sealing returns the sealer of bags, drafts, the outbox and the secrets of authenticator apps, whose keys fit the database.
func sealing(ctx context.Context, s *store.Store, c config.Settings, log *slog.Logger) (*seal.Sealer, error) {
	sealer, err := sealerOf(ctx, s, c)
	if err != nil {
		return nil, err
	}
	if err := useKeys(ctx, s, sealer, log); err != nil {
		return nil, err
	}
	if len(c.Keys) == 0 { // the key is in the database, and not another portal's
		return sealer, nil
	}
	return sealer, addSample(ctx, s, sealer)
}

// sealerOf makes a sealer with the keys of the settings. In development the key
// is stored in the database, so that several instances on one machine can read each other's data.
func sealerOf(ctx context.Context, s *store.Store, c config.Settings) (*seal.Sealer, error) {
	keys := c.Keys
	if len(keys) == 0 {
		stored, err := s.DevelopmentKey(ctx, config.NewKey())
		if err != nil {
			return nil, err
		}
		key, err := base64.StdEncoding.DecodeString(stored)
		if err != nil {
			return nil, err
		}
		keys = [][]byte{key}
	}
	return seal.New(keys)
}

// errOtherKeys means that nothing opens that was sealed before. An app's secret would be among it, so its owner could not sign
// in with a code, and nobody would know why.
var errOtherKeys = errors.New("none of the keys is one that this database was sealed with: give that one too, after the newest. " +
	"If it is lost, \"web keys accept\" goes on without it, and people with an authenticator app need a recovery code")

// checkKeys compares the keys with those that sealed what is in the database. Instances may have different newest keys for a
// while, so there is a sample of each, and opening one is enough: the keys before are left out on purpose one day.
func checkKeys(ctx context.Context, s *store.Store, sealer *seal.Sealer) error {
	samples, err := s.KeySamples(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(samples, sealer.OpensSample) {
		return nil
	}
	if len(samples) > 0 {
		return errOtherKeys
	}
	known, unknown, err := apps(ctx, s, sealer) // of a database that has no samples yet
	if err == nil && known == 0 && unknown > 0 {
		err = errOtherKeys
	}
	return err
}

// apps counts the authenticator apps whose key is there, and those whose key is not.
func apps(ctx context.Context, s *store.Store, sealer *seal.Sealer) (known, unknown int, err error) {
	all, err := s.SealedByKey(ctx, store.SealedApps, seal.HeaderBytes)
	for _, a := range all {
		switch {
		case sealer.Has(a.Header):
			known += a.Count
		case len(a.Header) == seal.HeaderBytes: // what is shorter was not sealed by any key
			unknown += a.Count
		}
	}
	return known, unknown, err
}

// useKeys is checkKeys at a start, which says who is left out.
func useKeys(ctx context.Context, s *store.Store, sealer *seal.Sealer, log *slog.Logger) error {
	if err := checkKeys(ctx, s, sealer); errors.Is(err, errOtherKeys) {
		return fmt.Errorf("%s: %w", brand.Env("KEYS"), err)
	} else if err != nil {
		return err
	}
	_, unknown, err := apps(ctx, s, sealer)
	if err != nil {
		return err
	}
	if unknown > 0 {
		log.WarnContext(ctx, "authenticator apps are sealed with a key that is not given: their owners need a recovery code", "apps", unknown)
	}
	return nil
}

// addSample stores the sample of the newest key.
func addSample(ctx context.Context, s *store.Store, sealer *seal.Sealer) error {
	id, sample, err := sealer.Sample()
	if err != nil {
		return err
	}
	return s.AddKeySample(ctx, id, sample)
}

type keysCommands struct {
	Rotate rotateKeysCommand `cmd:"" help:"Seal anew with the newest key what older ones have sealed, and say what is left under each key. It can be stopped and run again, while the portal serves."`
	Accept acceptKeysCommand `cmd:"" help:"Go on with the given keys although those before are lost. People with an authenticator app need a recovery code."`
}

type acceptKeysCommand struct{}

func (acceptKeysCommand) Run(s surroundings, flags *config.Flags) (err error) {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	db, err := openStore(s.ctx, c, logger(s, c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sealer, err := sealerOf(s.ctx, db, c)
	if err != nil {
		return err
	}
	if err := addSample(s.ctx, db, sealer); err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, "The keys are accepted.")
	return nil
}
