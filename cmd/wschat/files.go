package main

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"

	"wschat/cmd/wschat/metric"
	"wschat/handshake"
	"wschat/hub/files"
	"wschat/hub/loop"
)

// filesPath is where files are uploaded, and below it each has its place.
const filesPath = "/files"

// filesDir is the directory of files; "": there are none.
func (o *options) filesDir() string {
	if o.files == "" && o.data != "" {
		return filepath.Join(o.data, "files")
	}
	return o.files
}

// openFiles opens the files that messages come with; nil: there are none. It comes after
// openEngine, which makes -data.
func openFiles(o *options, log *slog.Logger) (*files.Store, error) {
	dir := o.filesDir()
	if dir == "" {
		return nil, nil
	}
	return files.Open(files.Config{Dir: dir, MaxFile: o.maxFile, Bytes: o.filesBytes, Shared: o.files != "", Log: log})
}

// serveFiles answers what is below filesPath, and reports whether the request is for that.
func (s *server) serveFiles(w http.ResponseWriter, r *http.Request) bool {
	id, below := strings.CutPrefix(r.URL.Path, filesPath+"/")
	if s.files == nil || !below && r.URL.Path != filesPath {
		return false
	}
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	header.Set("Referrer-Policy", "no-referrer") // an address of a file opens it
	header.Set("Cache-Control", "no-store")
	switch reads := r.Method == http.MethodGet || r.Method == http.MethodHead; {
	case !below && r.Method == http.MethodPost:
		s.upload(w, r)
	case !below:
		header.Set("Allow", http.MethodPost)
		http.Error(w, "405 method not allowed: expected POST", http.StatusMethodNotAllowed)
	case !reads:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "405 method not allowed: expected GET or HEAD", http.StatusMethodNotAllowed)
	default:
		s.download(w, r, id)
	}
	return true
}

// download answers with a file.
func (s *server) download(w http.ResponseWriter, r *http.Request, id string) {
	request := handshake.FromHTTP(r)
	done, err := s.beginFile(request)
	if err != nil {
		s.refuse(w, request, err)
		return
	}
	defer done()
	loop.EndTurn(r) // the client may read slowly
	if !s.files.Serve(&pacedWriter{w, newPace(s.patience())}, r, id) {
		http.Error(w, "404 not found", http.StatusNotFound)
	}
}

// beginFile counts a file on its way for its client's address, as a connection, too, until done
// is called. The error is the rejection of one more.
func (s *server) beginFile(request *handshake.Request) (done func(), err error) {
	end, err := s.transfers.begin(s.listener.Client(request))
	if err != nil {
		return nil, err
	}
	leave, err := s.listener.Admit(request)
	if err != nil {
		end()
		return nil, err
	}
	return func() { leave(); end() }, nil
}

// writeFiles writes what has come and gone.
func (s *server) writeFiles(t *metric.Text) {
	if s.files == nil {
		return
	}
	stats := s.files.Stats()
	t.Gauge("wschat_uploads", "Uploads under way.", float64(stats.Uploading))
	t.Gauge("wschat_transfers", "Files on their way, up and down.", float64(s.transfers.underWay()))
	t.Counter("wschat_files_stored_total", "Files that were uploaded.", float64(stats.Stored))
	t.Counter("wschat_files_received_bytes_total", "Bytes of them.", float64(stats.Received))
	t.Counter("wschat_files_served_total", "Requests for a file that were answered with it.", float64(stats.Served))
	t.Counter("wschat_files_unsent_total", "Files that were removed since nobody had sent them.", float64(stats.Unsent))
}

// checkFiles checks the flags about files.
func (o *options) checkFiles(source map[string]string) error {
	if given := source["files"]; given != "" && o.files == "" {
		return errors.New("invalid value \"\" for " + given + ": expected a directory")
	}
	if given := cmp.Or(source["max-file"], source["files-bytes"]); given != "" && o.filesDir() == "" {
		return errors.New(given + " is about files: expected -files or -data with it")
	}
	return nil
}
