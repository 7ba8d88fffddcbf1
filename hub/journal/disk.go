package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is all that a journal does to files and directories, and so decides what is left
// after a crash. A server has osDisk, tests have others.
type disk interface {
	mkdir(path string) error
	create(path string) (*os.File, error) // empty, whatever was there
	open(path string) (*os.File, error)   // to be read and written
	write(f *os.File, b []byte, offset int64) error
	truncate(f *os.File, size int64) error
	sync(f *os.File) error // a file, or which entries a directory has
	rename(from, to string) error
	remove(path string) error
}

// osDisk is the disk of the operating system.
type osDisk struct{}

func (osDisk) mkdir(path string) error { return wrap(os.Mkdir(path, 0o700)) }
func (osDisk) create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	return f, wrap(err)
}
func (osDisk) open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	return f, wrap(err)
}
func (osDisk) write(f *os.File, b []byte, offset int64) error {
	_, err := f.WriteAt(b, offset)
	return wrap(err)
}
func (osDisk) truncate(f *os.File, size int64) error { return wrap(f.Truncate(size)) }
func (osDisk) sync(f *os.File) error                 { return wrap(f.Sync()) }
func (osDisk) rename(from, to string) error          { return wrap(os.Rename(from, to)) }
func (osDisk) remove(path string) error              { return wrap(os.Remove(path)) }

// wrap puts the package's name before an error of the operating system.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("journal: %w", err)
}

// makeDir makes the journal's directory and the parents that are missing, and
// makes them safe.
func (s *Store) makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return s.syncParent(dir)
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := s.makeDir(parent); err != nil {
			return err
		}
	}
	if err := s.disk.mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.syncDir(filepath.Dir(dir))
}

// syncParent makes the entry of dir safe. An earlier start may have made dir, and crashed
// before it had synced the parent.
func (s *Store) syncParent(dir string) error {
	err := s.syncDir(filepath.Dir(dir))
	if errors.Is(err, fs.ErrPermission) { // a process that may not read the parent has not made dir
		return nil
	}
	return err
}

// syncDir makes safe which files are in a directory.
func (s *Store) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return wrap(err)
	}
	defer d.Close()
	return s.disk.sync(d)
}
