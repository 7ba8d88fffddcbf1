package main

import (
	"errors"
	"io"
	"net/http"
	"time"

	"wschat/handshake"
	"wschat/hub"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/static"
)

// pages is everything but the endpoints. While the server drains, handshake answers in
// its place.
func (s *server) pages(o *options) http.Handler {
	page := static.Handler()
	about := s.about(o)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			health(w, r, s.engine.Err())
		case "/about":
			about(w, r)
		case "/login":
			s.login(w, r, o.allowOrigin)
		default:
			if !s.serveFiles(w, r) {
				page.ServeHTTP(w, r)
			}
		}
	})
}

// reads reports whether a request only reads; if not, it is answered.
func reads(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "expected GET or HEAD", http.StatusMethodNotAllowed)
	return false
}

// health answers load balancers and monitors.
func health(w http.ResponseWriter, r *http.Request, storeErr error) {
	if !reads(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if storeErr != nil {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "messages cannot be stored at present")
		return
	}
	io.WriteString(w, "ok")
}

// identify says who sends a request, by what /socket asks for. The error is a
// *handshake.Rejection, as there.
func (s *server) identify(r *http.Request, request *handshake.Request) (hub.Access, error) {
	who, later, err := s.gate.admit(request, time.Now())
	loop.EndTurn(r) // a password may wait for its turn, and the engine block
	if err == nil && later != nil {
		who, err = later()
	}
	if err != nil || who.User == "" {
		return who, err
	}
	banned, err := s.engine.Banned(who.User)
	if banned {
		err = chat.ErrBanned
	}
	return who, refusal(who.User, err)
}

// refuse answers with a rejection.
func (s *server) refuse(w http.ResponseWriter, request *handshake.Request, err error) {
	var refused *handshake.Rejection
	if !errors.As(err, &refused) {
		panic("wschat: no rejection: " + err.Error())
	}
	s.refusals.note(refused, s.listener.Client(request))
	for _, field := range refused.Header {
		w.Header().Set(field.Name, field.Value)
	}
	http.Error(w, refused.Reason, refused.Status)
}
