package main

import (
	"io"
	"net/http"

	"wschat/static"
)

// pages is everything but the endpoints: the browser client, files, and /healthz, which
// asks the engine. While the server drains, handshake answers in their place.
func (s *server) pages() http.Handler {
	page := static.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			health(w, r, s.engine.Err())
			return
		}
		if !s.serveFiles(w, r) {
			page.ServeHTTP(w, r)
		}
	})
}

// health answers load balancers and monitors.
func health(w http.ResponseWriter, r *http.Request, storeErr error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "expected GET or HEAD", http.StatusMethodNotAllowed)
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
