package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"wschat/handshake"
	"wschat/hub/chat"
	"wschat/hub/files"
	"wschat/hub/loop"
)

// leastPace is how many bytes of an upload must come in a second, on average.
const leastPace = 8 << 10

// uploaded answers an upload. It is a chat.File with another name for its id.
type uploaded struct {
	File   string `json:"file"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// upload stores the body of a request as a file.
func (s *server) upload(w http.ResponseWriter, r *http.Request) {
	request := handshake.FromHTTP(r)
	f, err := s.receive(w, r, request)
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.patience()))
	var refused *handshake.Rejection
	switch {
	case errors.As(err, &refused):
		s.refusals.note(refused, s.listener.Client(request))
		for _, field := range refused.Header {
			w.Header().Set(field.Name, field.Value)
		}
		w.Header().Set("Connection", "close") // the body may be on its way
		http.Error(w, refused.Reason, refused.Status)
		return
	case err != nil:
		s.log.Error("file cannot be stored", "error", err)
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", "5")
		http.Error(w, "files cannot be stored at present", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", filesPath+"/"+f.ID)
	w.WriteHeader(http.StatusCreated)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(uploaded{f.ID, f.Name, f.Size, f.Type, f.Width, f.Height}) // a client that left is no error of ours
}

// receive stores a file, or returns why it is refused, which is a *handshake.Rejection, or why
// it cannot be stored.
func (s *server) receive(w http.ResponseWriter, r *http.Request, request *handshake.Request) (f chat.File, err error) {
	user, name, err := s.checkUpload(r, request)
	if err != nil {
		return f, err
	}
	leave, err := s.listener.Admit(request)
	if err != nil {
		return f, err
	}
	defer leave()
	loop.EndTurn(r)
	now := time.Now()
	body := &patientBody{
		Reader: r.Body, control: http.NewResponseController(w), patience: s.patience(),
		end: now.Add(s.patience() + time.Duration(r.ContentLength/leastPace)*time.Second),
	}
	f, err = s.files.Put(user, name, r.ContentLength, body)
	switch {
	case errors.Is(err, files.ErrTooMany):
		err = withRetry(reject(http.StatusTooManyRequests, "", "expected at most 4 uploads at a time, got one more"))
	case errors.Is(err, files.ErrNoRoom):
		s.log.Warn("no room for a file", "bytes", r.ContentLength, "error", err)
		err = reject(http.StatusInsufficientStorage, "", "there is no room for the file")
	case body.err != nil: // the client's, who may still read why
		err = reject(http.StatusRequestTimeout, "", "expected the whole file, got a part of it")
	}
	return f, err
}

// checkUpload checks all that can be checked before the body is read, and returns whose file it
// is, and its name.
func (s *server) checkUpload(r *http.Request, request *handshake.Request) (user, name string, err error) {
	if err := handshake.CheckOrigin(request, s.listener.AllowOrigin); err != nil {
		return "", "", err
	}
	who, later, err := s.gate.admit(request, time.Now())
	if err == nil && later != nil { // it may wait for a password's turn
		loop.EndTurn(r)
		who, err = later()
	}
	if err != nil {
		return "", "", err
	}
	if who.User == "" {
		return "", "", reject(http.StatusBadRequest, "name", "expected a userId, got none")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err == nil {
		name, err = files.CleanName(query.Get("name"))
	}
	most := s.files.MaxFile()
	switch {
	case err != nil:
		return "", "", reject(http.StatusBadRequest, "", "%v, got another", files.ErrName)
	case !request.Header.Has("Content-Length") || r.ContentLength < 0:
		return "", "", reject(http.StatusLengthRequired, "", "expected a Content-Length, got none")
	case r.ContentLength > most:
		return "", "", reject(http.StatusRequestEntityTooLarge, "", "expected a file of at most %d bytes, got one of %d", most, r.ContentLength)
	}
	return who.User, name, nil
}

// withRetry adds to a rejection that it is only for now.
func withRetry(err error) error {
	var r *handshake.Rejection
	if errors.As(err, &r) {
		r.Header = append(r.Header, handshake.Field{Name: "Retry-After", Value: "1"})
	}
	return err
}

// patience is how long a client may keep an upload or a download waiting: as long as it may be
// silent on a WebSocket.
func (s *server) patience() time.Duration { return orForever(2 * s.ping) }

// patientBody reads the body of an upload while it goes on.
type patientBody struct {
	io.Reader
	control  *http.ResponseController
	patience time.Duration
	end      time.Time // whatever comes until then
	err      error
}

func (b *patientBody) Read(p []byte) (n int, err error) {
	next := time.Now().Add(b.patience)
	if next.After(b.end) {
		next = b.end
	}
	if err = b.control.SetReadDeadline(next); err == nil {
		n, err = b.Reader.Read(p)
	}
	if err != nil && n == 0 {
		b.err = err
	}
	return n, err
}

// patientWriter writes an answer while its client reads.
type patientWriter struct {
	http.ResponseWriter
	patience time.Duration
}

func (w *patientWriter) Write(p []byte) (int, error) {
	if err := http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.patience)); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}
