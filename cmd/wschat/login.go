package main

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/token"
	"wschat/handshake"
	"wschat/hub/loop"
)

const (
	// loginTTL is how long a token of /login is good.
	loginTTL = 30 * 24 * time.Hour
	// maxLogin bounds the body of a login, in bytes: a name and a password, escaped.
	maxLogin = 8 << 10
)

// login answers /login: a token for a name and its password.
func (s *server) login(w http.ResponseWriter, r *http.Request, allowed originList) {
	if s.gate.users == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	only(http.MethodPost, func(w http.ResponseWriter, r *http.Request) {
		request := requestOf(r)
		text, expires, err := s.gate.login(w, r, request, allowed)
		var refused *handshake.Rejection
		switch {
		case errors.As(err, &refused):
			s.refusals.note(refused, clientIP(request, s.gate.proxies))
			for _, field := range refused.Header {
				w.Header().Add(field.Name, field.Value)
			}
			fail(w, refused.Status, refused.Reason)
		case err != nil:
			s.log.Error("login failed", "error", err)
			fail(w, http.StatusInternalServerError, "the server failed to handle the request")
		default:
			answer(w, http.StatusOK, map[string]string{"token": text, "expires": expires.UTC().Format(time.RFC3339)})
		}
	})(w, r)
}

// requestOf returns the head of a request for a page, with its peer.
func requestOf(r *http.Request) *handshake.Request {
	request := handshake.FromHTTP(r)
	request.Remote, _ = netip.ParseAddrPort(r.RemoteAddr) // net/http has made it
	return request
}

// login checks the origin, which must be one that may connect: another page could log its
// visitor in under a name of its own choice.
func (g *gate) login(w http.ResponseWriter, r *http.Request, request *handshake.Request, allowed originList) (text string, expires time.Time, err error) {
	if err := handshake.CheckOrigin(request, allowed); err != nil {
		return "", expires, err
	}
	var given struct {
		User     *string `json:"user"`
		Password *string `json:"password"`
	}
	if err := decode(http.MaxBytesReader(w, r.Body, maxLogin), &given); err != nil || given.User == nil || given.Password == nil {
		return "", expires, reject(http.StatusBadRequest, "", "expected one JSON object with user and password")
	}
	loop.EndTurn(r)
	a, err := g.checkPassword(r.Context(), request, *given.User, *given.Password)
	if err != nil {
		return "", expires, err
	}
	expires = time.Now().Add(loginTTL).Truncate(time.Second)
	text, err = g.sign(a, expires)
	return text, expires, err
}

// sign makes a token of /login. What its user may do is not in it, but in the users file.
func (g *gate) sign(a *account.Account, expires time.Time) (string, error) {
	return token.Sign(g.loginKey, token.Claims{User: a.Name, Expires: expires, Password: passwordVersion(g.loginKey, a)})
}
