package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/store"
)

// restoreFile makes the backup ready beside the database file, and puts it in its place when all is well.
func (r restoreCommand) restoreFile(s surroundings, c config.Settings, place string) (err error) {
	place = behindLinks(place)
	kept, err := r.mayReplace(s.ctx, place)
	if err != nil {
		return err
	}
	ready, err := copyBackup(s, r.File, place)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			for _, beside := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(ready + beside)
			}
		}
	}()
	c.DatabaseURL = "sqlite:" + ready
	done, err := r.afterRestore(s, c)
	if err != nil {
		return fmt.Errorf("%s: nothing was restored: %w", r.File, err)
	}
	if err := store.Alone(s.ctx, ready); err != nil {
		return err
	}
	if err := store.GiveToOwnerOf(place, ready); err != nil {
		return fmt.Errorf("%s: nothing was restored: %w", r.File, err)
	}
	if err := unused(s.ctx, place); err != nil { // somebody may have started the portal meanwhile
		return fmt.Errorf("%s: nothing was restored: %w", r.File, err)
	}
	if err := store.Replace(ready, place, kept); err != nil {
		return err
	}
	done.File = r.File
	text := fmt.Sprintf("Restored %s. Sessions ended: %d.", r.File, done.Ended)
	if _, err := os.Stat(kept); err == nil {
		done.Kept = kept
		text += " The database from before is " + kept + "."
	}
	return r.say(s.stdout, done, "%s", text)
}

// behindLinks is where the links lead, whether a file is there or not: a link is not to be replaced by the database.
func behindLinks(place string) string {
	for range 10 { // links that lead in a circle lead nowhere
		to, err := os.Readlink(place)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(place), to)
		}
		place = to
	}
	return place
}

// mayReplace returns the name that a database file from before is kept under, if it may be replaced.
func (r restoreCommand) mayReplace(ctx context.Context, place string) (kept string, err error) {
	kept = place + ".before-" + time.Now().UTC().Format("20060102T150405Z")
	if _, err := os.Stat(place); errors.Is(err, os.ErrNotExist) {
		return kept, nil
	}
	if !r.Replace {
		return "", fmt.Errorf("%s: %s is there already: say --replace to put the backup in its place", brand.Env("DATABASE_URL"), place)
	}
	return kept, unused(ctx, place)
}

// unused refuses a database file that somebody has open. A damaged one is what backups are for.
func unused(ctx context.Context, place string) error {
	if _, err := os.Stat(place); err != nil { // opening it would make one
		return nil //nolint:nilerr // nobody uses what is not there
	}
	if err := store.Alone(ctx, place); errors.Is(err, store.ErrInUse) || ctx.Err() != nil {
		return err
	}
	return nil
}

// copyBackup copies the backup beside the place of the database.
func copyBackup(s surroundings, backup, place string) (name string, err error) {
	from, err := os.Open(backup)
	if err != nil {
		return "", exitError{codeNotFound, err}
	}
	defer from.Close()
	if info, err := os.Stat(backup + "-wal"); err == nil && info.Size() > 0 {
		return "", fmt.Errorf("%s is a database that is in use, and not all of it: make a backup of it with web backup", backup)
	}
	to, err := os.CreateTemp(filepath.Dir(place), filepath.Base(place)+".restoring-*") // its owner's alone
	if err != nil {
		return "", err
	}
	stop := watchSize(s, to, 0)
	_, err = io.Copy(to, from)
	stop()
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return "", errors.Join(err, os.Remove(to.Name()))
	}
	return to.Name(), nil
}
