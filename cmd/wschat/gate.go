package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"wschat/cmd/wschat/jwk"
	"wschat/cmd/wschat/password"
	"wschat/cmd/wschat/token"
)

// newGate reads the files of the flags about accounts and tokens. The engine is open: so the
// directory of -data is there, and nobody else's.
func (s *server) newGate(o *options) (*gate, error) {
	g := &gate{
		audience:  o.authAudience,
		guests:    o.guests,
		passwords: password.NewChecker(),
		patience:  orForever(o.handshakeTimeout),
		proxies:   o.trustProxy,
		issuer:    o.authIssuer,
		userClaim: o.authUserClaim,
	}
	var err error
	if o.authSecretFile != "" {
		if g.secret, err = token.ReadSecret(o.authSecretFile); err != nil {
			return nil, err
		}
	}
	if o.users != "" {
		g.users = new(users)
		if err := s.watch("users file", o.users, g.users.take); err != nil {
			return nil, err
		}
		if g.loginKey, err = loginKey(g.secret, o.data); err != nil {
			return nil, err
		}
	}
	switch {
	case o.authJWKS == "":
	case jwk.IsURL(o.authJWKS):
		g.keys, err = jwk.Fetch(o.authJWKS, s.log)
	default:
		g.keys = jwk.NewSource()
		err = s.watch("key set", o.authJWKS, g.keys.Use)
	}
	return g, err
}

// watch reads a file, now and whenever it changes.
func (s *server) watch(what, file string, take func([]byte) error) error {
	w := &watched{what: what, file: file, take: take, log: s.log}
	s.watched = append(s.watched, w)
	return w.read()
}

// close ends what may block.
func (g *gate) close() {
	g.passwords.Close()
	if g.keys != nil {
		g.keys.Close()
	}
}

// hasName reports whether a name is somebody's.
func (g *gate) hasName(name string) bool { return g.users != nil && g.users.find(name) != nil }

// loginKey returns the key for the tokens of /login: that of -auth-secret-file, or else one
// that is kept in -data, or else one for as long as the server runs.
func loginKey(secret []byte, data string) ([]byte, error) {
	if secret != nil {
		return secret, nil
	}
	made := make([]byte, token.MinSecret)
	rand.Read(made) // never fails
	if data == "" {
		return made, nil
	}
	file := filepath.Join(data, "login.key")
	key, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return made, keepKey(file, made)
	case err != nil:
		return nil, err
	case len(key) != len(made):
		return nil, fmt.Errorf("%s: expected a key of %d bytes, got %d", file, len(made), len(key))
	}
	return key, nil
}

// keepKey writes a new key, all of it or nothing.
func keepKey(file string, key []byte) error {
	next := file + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(next, file) // if power fails before it is safe, users log in again
}
