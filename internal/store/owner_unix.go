//go:build unix

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// GiveToOwnerOf gives the file to the owner of the database file in the place, so that the portal can open what root has made.
// Where there is none, root gives it to the owner of the folder.
func GiveToOwnerOf(place, file string) error {
	model, err := os.Stat(place)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing && os.Geteuid() != 0 {
		return nil
	}
	if missing {
		model, err = os.Stat(filepath.Dir(place))
	}
	if err != nil {
		return err
	}
	made, err := os.Stat(file)
	if err != nil {
		return err
	}
	want, have := model.Sys().(*syscall.Stat_t), made.Sys().(*syscall.Stat_t)
	if want.Uid == have.Uid {
		return nil
	}
	if err := os.Chown(file, int(want.Uid), int(want.Gid)); err != nil {
		return fmt.Errorf("the database is user %d's, who could not open what you make: do it as that user, or as root", want.Uid)
	}
	return nil
}
