package main

import (
	"io"
	"net/http"

	"wschat/static"
)

// pages is everything but the endpoints: the browser client and /healthz. While
// the server drains, handshake answers in their place.
func pages(available func() bool) http.Handler {
	page := static.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			health(w, r, available)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// health answers whoever watches over the server.
func health(w http.ResponseWriter, r *http.Request, available func() bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "expected GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !available() {
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "the store is out of reach\n")
		return
	}
	io.WriteString(w, "ok")
}
