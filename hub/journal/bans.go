package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// bansFile has the bans in JSON, as an operator may read them: {"A":"2026-01-02T15:04:05Z"}.
// They are few and seldom change, so the file is replaced as a whole.
const bansFile = "bans.json"

// loadBans reads the bans.
func (s *Store) loadBans() error {
	path := filepath.Join(s.dir, bansFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s.bans)
	}
	if err != nil {
		return fmt.Errorf("journal: %s: %w", path, err)
	}
	return nil
}

// SaveBans implements chat.Registry. One call at a time.
func (s *Store) SaveBans(bans map[string]time.Time) error {
	text, err := json.Marshal(bans)
	if err != nil {
		return wrap(err)
	}
	path := filepath.Join(s.dir, bansFile)
	if err := s.writeFile(path+partSuffix, text); err != nil {
		return err
	}
	if err := s.disk.rename(path+partSuffix, path); err != nil {
		return err
	}
	return s.syncDir(s.dir)
}

// writeFile makes a file with this text, and makes that safe.
func (s *Store) writeFile(path string, text []byte) error {
	f, err := s.disk.create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.disk.write(f, text, 0); err != nil {
		return err
	}
	return s.disk.sync(f)
}
