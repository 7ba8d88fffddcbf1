package files

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"
)

// Serve answers a GET or HEAD for a file; false: there is no such file, and nothing is answered.
func (s *Store) Serve(w http.ResponseWriter, r *http.Request, id string) bool {
	if !isID(id) {
		return false
	}
	f, err := s.open(id)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // it may be there still
			s.log.Error("file cannot be opened", "file", id, "error", err)
		}
		return false
	}
	defer f.Close()
	t, _, err := readTail(f)
	if err != nil {
		s.log.Error("file cannot be read", "file", id, "error", err)
		return false
	}
	how, kind := "attachment", unknown
	if isShown(t.Type) {
		how, kind = "inline", t.Type
	}
	s.mu.Lock()
	s.stats.Served++
	s.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(how, t.Name))
	h.Set("Etag", `"`+id+`"`)
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(f, 0, t.Size))
	return true
}

// open opens a file, wherever it is. It may be sent, or given back, between two looks, and again
// between the next two.
func (s *Store) open(id string) (f *os.File, err error) {
	for range 4 {
		for _, dir := range []string{sentDir, newDir} {
			if f, err = os.Open(s.path(dir, id)); err == nil {
				return f, nil
			}
		}
	}
	return nil, err
}
