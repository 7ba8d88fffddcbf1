// Package jwk verifies the tokens of another issuer, who publishes keys as a JSON Web Key Set
// (RFC 7517).
//
//	set.go        a key set, and which of its keys a token means
//	key.go        one key
//	signature.go  what it signs (RFC 7518 §3, RFC 8037)
//	source.go     where the set comes from: a file, or a URL
package jwk

import (
	"encoding/json"
	"errors"
	"fmt"

	"wschat/cmd/wschat/token"
)

// Why a token is refused. None holds anything of the token.
var (
	// ErrUnknownKey is a kid that the set does not have, or none where there are several.
	ErrUnknownKey = errors.New("jwk: no key, or more than one, that the token could mean")
	ErrAlgorithm  = errors.New("jwk: algorithm is not that of the key")
	ErrSignature  = errors.New("jwk: wrong signature")
)

// ErrNoKey is a set without a key that could verify anything.
var ErrNoKey = errors.New("jwk: expected a key set with RSA, EC or Ed25519 keys for signatures, got none")

// maxSet bounds a key set, in bytes.
const maxSet = 1 << 20

// Set is a key set. It is never changed.
type Set struct {
	keys      []key
	published int // with those that are not understood
}

// Parse reads a key set. Keys that it does not understand are left out (RFC 7517 §5).
func Parse(text []byte) (*Set, error) {
	if len(text) > maxSet {
		return nil, fmt.Errorf("jwk: expected a key set of at most %d bytes, got more", maxSet)
	}
	var set map[string]json.RawMessage
	var members []object
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("jwk: expected a key set: %w", err)
	}
	if err := json.Unmarshal(set["keys"], &members); set["keys"] == nil || err != nil {
		return nil, errors.New("jwk: expected a key set with a list of keys")
	}
	s := &Set{published: len(members)}
	for _, member := range members {
		if k, ok := parseKey(member); ok {
			s.keys = append(s.keys, k)
		}
	}
	if len(s.keys) == 0 {
		return nil, ErrNoKey
	}
	return s, nil
}

// find returns the key that a token means: the one of its kid that has its algorithm, or the
// only one there is.
func (s *Set) find(t *token.Signed) (*key, error) {
	var found *key
	fits, err := 0, ErrUnknownKey
	for i := range s.keys {
		k := &s.keys[i]
		if t.Key == "" && s.published > 1 || t.Key != "" && t.Key != k.id {
			continue
		}
		if err = ErrAlgorithm; k.signs(t.Algorithm) {
			found = k
			fits++
		}
	}
	switch fits {
	case 0:
		return nil, err
	case 1:
		return found, nil
	}
	return nil, ErrUnknownKey
}
