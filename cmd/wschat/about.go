package main

import "net/http"

// about answers /about: what a page must know before it connects.
func (g *gate) about(o *options) http.HandlerFunc {
	all := struct {
		Version    string `json:"version"`
		Login      bool   `json:"login"`
		Guests     bool   `json:"guests"` // a name without password or token gets in
		Tokens     bool   `json:"tokens"` // and any token does
		MaxMessage int64  `json:"maxMessage"`
		History    int    `json:"history"`
	}{versionText(), g.users != nil, g.open() || g.guests, !g.open(), o.maxMessage, o.history}
	return func(w http.ResponseWriter, r *http.Request) {
		if reads(w, r) {
			w.Header().Set("Cache-Control", "no-store")
			answer(w, http.StatusOK, all)
		}
	}
}
