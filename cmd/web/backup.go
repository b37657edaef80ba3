package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/store"
)

type backupCommand struct {
	File string `arg:"" help:"File to make. It must not exist."`
	output
}

// Help says what is not in the file.
func (backupCommand) Help() string {
	return "The file has everything that is in the database: keep it as safe. The keys of " + brand.Env("KEYS") +
		" are not in it, and without them the authenticator apps in it cannot be used: keep them too, elsewhere. In development, without " +
		"that setting, the key is in the database and in the file. " +
		"Of PostgreSQL a command for a shell is printed, without the password: pg_dump takes it from PGPASSWORD or ~/.pgpass."
}

// A backup is what was made, for scripts.
type backup struct {
	File    string `json:"file"`
	Bytes   int64  `json:"bytes,omitempty"`
	Command string `json:"command,omitempty"` // that makes it
}

func (b backupCommand) Run(s surroundings, flags *config.Flags) (err error) {
	c, err := settings(s, flags)
	if err != nil {
		return err
	}
	file, isFile := store.File(c.DatabaseURL)
	if !isFile {
		return b.sayCommand(s, c)
	}
	if _, err := os.Stat(file); err != nil { // opening it would make one
		return exitError{codeNotFound, fmt.Errorf("%s: there is no file %s", brand.Env("DATABASE_URL"), file)}
	}
	db, err := connectStore(s.ctx, c, logger(s, c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	reserved, err := newFile(b.File)
	if err != nil {
		return err
	}
	err = reserved.Close()
	if err == nil {
		err = copyDatabase(s, db, b.File)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("no backup was made: %w", err), os.Remove(b.File))
	}
	info, err := os.Stat(b.File)
	if err != nil {
		return err
	}
	keys := "The keys are not in it."
	if len(c.Keys) == 0 {
		keys = "The key for development, which opens what is sealed, is in it."
	}
	return b.say(s.stdout, backup{File: b.File, Bytes: info.Size()}, "Wrote %s, %d bytes. %s", b.File, info.Size(), keys)
}

// copyDatabase makes the copy under another name first, so that a file of the name is never half a copy.
func copyDatabase(s surroundings, db *store.Store, name string) (err error) {
	part, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".part-*") // its owner's alone
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	defer part.Close()
	size, err := db.Size(s.ctx)
	if err != nil {
		return err
	}
	stop := watchSize(s, part, int(size))
	err = db.CopyTo(s.ctx, part.Name())
	stop()
	if err != nil {
		return err
	}
	if err := part.Sync(); err != nil {
		return err
	}
	return os.Rename(part.Name(), name)
}

// watchSize shows how far the file has grown until the returned function is called.
func watchSize(s surroundings, file *os.File, all int) (stop func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		bar, before := newProgress(s, "bytes", all), int64(0)
		defer bar.done()
		for ctx.Err() == nil {
			if info, err := file.Stat(); err == nil {
				bar.step(int(info.Size() - before))
				before = info.Size()
			}
			select {
			case <-ctx.Done():
			case <-time.After(progressEvery):
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
