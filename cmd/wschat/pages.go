package main

import (
	"io"
	"net/http"

	"wschat/static"
)

// pages is everything but the endpoints. While the server drains, handshake answers in
// its place.
func (s *server) pages(o *options) http.Handler {
	page := static.Handler()
	about := s.gate.about(o)
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
