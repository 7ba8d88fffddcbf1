package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"wschat/handshake"
	"wschat/hub/chat"
	"wschat/hub/files"
)

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
	if err != nil {
		var refused *handshake.Rejection
		if !errors.As(err, &refused) {
			s.log.Error("file cannot be stored", "error", err)
			err = unavailable("files", "files cannot be stored at present", "5")
		}
		w.Header().Set("Connection", "close") // the body may be on its way
		s.refuse(w, request, err)
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
	done, err := s.beginFile(request)
	if err != nil {
		return f, err
	}
	defer done()
	body := &pacedBody{Reader: r.Body, control: http.NewResponseController(w), pace: newPace(s.patience())}
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
	who, err := s.identify(r, request)
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
