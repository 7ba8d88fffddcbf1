package main

import (
	"net/http"

	"wschat/handshake"
)

// about answers /about: what a page must know before it connects. One that says who asks, as
// /socket is told, is refused as there: browsers do not tell pages why an upgrade was.
func (s *server) about(o *options) http.HandlerFunc {
	g := s.gate
	all := struct {
		Version    string `json:"version"`
		Login      bool   `json:"login"`
		Guests     bool   `json:"guests"` // a name without password or token gets in
		Tokens     bool   `json:"tokens"` // and any token does
		MaxMessage int64  `json:"maxMessage"`
		History    int    `json:"history"`
	}{versionText(), g.users != nil, g.open() || g.guests, !g.open(), o.maxMessage, o.history}
	return func(w http.ResponseWriter, r *http.Request) {
		if !reads(w, r) {
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		request := handshake.FromHTTP(r)
		if query := r.URL.Query(); query.Has("userId") || query.Has("token") || request.Header.Has("Authorization") {
			if _, err := s.identify(r, request); err != nil {
				s.refuse(w, request, err)
				return
			}
		}
		answer(w, http.StatusOK, all)
	}
}
