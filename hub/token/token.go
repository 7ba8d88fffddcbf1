// Package token signs and verifies the tokens that say who a user is: JSON Web
// Tokens (RFC 7519) with HMAC-SHA-256 (RFC 7515, "HS256") and nothing else, so
// that no token can choose a weaker check for itself.
package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// Why a token is refused.
var (
	ErrMalformed = errors.New("token: malformed")
	ErrAlgorithm = errors.New("token: algorithm is not HS256")
	ErrSignature = errors.New("token: wrong signature")
	ErrNoExpiry  = errors.New("token: no exp")
	ErrExpired   = errors.New("token: expired")
	ErrNotYet    = errors.New("token: not valid yet")
)

// ErrShortSecret is a secret of less than MinSecret bytes.
var ErrShortSecret = errors.New("token: secret has less than 32 bytes")

// MinSecret is the least length of a secret in bytes: that of the hash (RFC
// 7518 §3.2).
const MinSecret = 32

// Claims is what a token says. Groups limits the groups the user may be in; an
// entry that ends in * stands for all names that begin so. nil: no limit.
type Claims struct {
	User    string
	Expires time.Time // to the second
	Groups  []string
}

// ReadSecret reads the secret from a file. A last newline is not part of it.
func ReadSecret(file string) ([]byte, error) {
	secret, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("%s: %w", file, ErrShortSecret)
	}
	return secret, nil
}

// header is the only one that Sign writes.
const header = `{"alg":"HS256","typ":"JWT"}`

var encoding = base64.RawURLEncoding.Strict()

// Sign returns a token.
func Sign(secret []byte, c Claims) (string, error) {
	claims := map[string]any{"sub": c.User, "exp": c.Expires.Unix()}
	if c.Groups != nil {
		claims["groups"] = c.Groups
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	signed := encoding.EncodeToString([]byte(header)) + "." + encoding.EncodeToString(payload)
	return signed + "." + encoding.EncodeToString(signature(secret, signed)), nil
}

func signature(secret []byte, signed string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

// Verify returns what a token says, if it is signed with secret and valid at
// now, without leeway. Nothing in the token is looked at before its signature is
// found right, but for the algorithm it names.
func Verify(secret []byte, text string, now time.Time) (Claims, error) {
	head, rest, _ := strings.Cut(text, ".")
	payload, sum, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(sum, ".") {
		return Claims{}, ErrMalformed
	}
	if err := checkHeader(head); err != nil {
		return Claims{}, err
	}
	got, err := encoding.DecodeString(sum)
	if err != nil {
		return Claims{}, ErrMalformed
	}
	if !hmac.Equal(got, signature(secret, head+"."+payload)) { // in constant time
		return Claims{}, ErrSignature
	}
	return parseClaims(payload, now)
}

func checkHeader(encoded string) error {
	var h struct {
		Alg  string          `json:"alg"`
		Crit json.RawMessage `json:"crit"`
	}
	if err := decode(encoded, &h); err != nil {
		return err
	}
	if h.Alg != "HS256" {
		return ErrAlgorithm
	}
	if h.Crit != nil { // extensions that must be understood (RFC 7515 §4.1.11): none are
		return ErrMalformed
	}
	return nil
}

func parseClaims(encoded string, now time.Time) (Claims, error) {
	var c struct {
		Sub    string    `json:"sub"`
		Exp    *float64  `json:"exp"`
		Nbf    *float64  `json:"nbf"`
		Groups *[]string `json:"groups"`
	}
	if err := decode(encoded, &c); err != nil {
		return Claims{}, err
	}
	seconds := float64(now.UnixNano()) / 1e9
	switch {
	case c.Exp == nil:
		return Claims{}, ErrNoExpiry
	case seconds >= *c.Exp: // RFC 7519 §4.1.4: on or after
		return Claims{}, ErrExpired
	case c.Nbf != nil && seconds < *c.Nbf: // §4.1.5
		return Claims{}, ErrNotYet
	}
	claims := Claims{User: c.Sub, Expires: toTime(*c.Exp)}
	if c.Groups != nil {
		claims.Groups = append([]string{}, *c.Groups...)
	}
	return claims, nil
}

// toTime bounds what is far in the future, where times would overflow.
func toTime(seconds float64) time.Time {
	const end = 1 << 38 // some 8,700 years from 1970
	return time.Unix(int64(math.Min(seconds, end)), 0)
}

func decode(encoded string, into any) error {
	text, err := encoding.DecodeString(encoded)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return ErrMalformed
	}
	return nil
}

// Allows reports whether the token's groups, if it has any, let its user be in
// the group called name.
func (c *Claims) Allows(name string) bool {
	if c.Groups == nil {
		return true
	}
	for _, pattern := range c.Groups {
		start, wild := strings.CutSuffix(pattern, "*")
		if name == pattern || wild && strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}
