package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// OwnerOnly takes the rights of others off the SQLite file and what SQLite keeps beside it, and makes the file where there is
// none: SQLite gives what it makes later the rights of the file. It returns the names of the files that others had rights to. On
// Windows a file has no such rights.
func OwnerOnly(databaseURL string) (narrowed []string, err error) {
	file, isFile := strings.CutPrefix(databaseURL, "sqlite:")
	if !isFile || file == ":memory:" || runtime.GOOS == "windows" {
		return nil, nil
	}
	if made, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		return nil, made.Close()
	} // one that cannot be made is reported when it is opened
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	for _, name := range []string{file, file + "-wal", file + "-shm", file + "-journal"} {
		info, errStat := os.Stat(name)
		if errStat != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		errMode := os.Chmod(name, info.Mode().Perm()&0o600)
		if errors.Is(errMode, fs.ErrNotExist) { // SQLite deletes what it no longer needs
			continue
		}
		narrowed, err = append(narrowed, filepath.Base(name)), errors.Join(err, errMode)
	}
	return narrowed, err
}
