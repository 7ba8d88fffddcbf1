// Package token signs and verifies the tokens that say who a user is: JSON Web
// Tokens (RFC 7519) with HMAC-SHA-256 (RFC 7515, "HS256") and nothing else, so
// that no token can choose a weaker check for itself. Package jwk verifies those
// with other signatures.
package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
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

// Claims is what a token says. User is "" if it names none. Groups limits the groups the
// user may be in; an entry that ends in * stands for all names that begin so. nil: no limit.
type Claims struct {
	User     string
	Expires  time.Time // Sign cuts it to the second
	Groups   []string
	Role     string   // "" or "moderator"
	Password string   // names the password that the server made the token for; "": none
	Audience []string // the services that it is for; nil: it says nothing of that. Not signed
	Issuer   string   // likewise
}

// ReadSecret reads the secret from a file. A last newline, LF or CRLF, is not part
// of it. A secret of less than MinSecret bytes is ErrShortSecret.
func ReadSecret(file string) ([]byte, error) {
	secret, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if text, ok := bytes.CutSuffix(secret, []byte("\n")); ok {
		secret = bytes.TrimSuffix(text, []byte("\r"))
	}
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
	if c.Role != "" {
		claims["role"] = c.Role
	}
	if c.Password != "" {
		claims["password"] = c.Password
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
// found right, but for the algorithm it names. An error is one of the variables
// above and holds nothing of the token. Safe for concurrent use.
func Verify(secret []byte, text string, now time.Time) (Claims, error) {
	s, err := Parse(text)
	if err != nil {
		return Claims{}, err
	}
	if s.Algorithm != HS256 {
		return Claims{}, ErrAlgorithm
	}
	if !hmac.Equal(s.Signature, signature(secret, s.Signed)) { // in constant time
		return Claims{}, ErrSignature
	}
	return s.Claims(now, "sub")
}

// HS256 is the algorithm of Sign and Verify.
const HS256 = "HS256"

// Signed is a token whose signature nobody has verified yet.
type Signed struct {
	Algorithm string
	Key       string // the kid; "": it names none
	Signed    string // what is signed
	Signature []byte

	payload string
}

// Parse takes a token apart.
func Parse(text string) (*Signed, error) {
	head, rest, _ := strings.Cut(text, ".")
	payload, sum, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(sum, ".") {
		return nil, ErrMalformed
	}
	s := &Signed{Signed: text[:len(head)+1+len(payload)], payload: payload}
	h, err := decodeObject(head)
	if err != nil {
		return nil, err
	}
	if h["alg"] == nil || !h.read("alg", &s.Algorithm) {
		return nil, ErrAlgorithm
	}
	if _, ok := h["crit"]; ok { // extensions that must be understood (RFC 7515 §4.1.11): none are
		return nil, ErrMalformed
	}
	if !h.read("kid", &s.Key) {
		return nil, ErrMalformed
	}
	s.Signature, err = decodeBase64(sum)
	return s, err
}

// Claims returns what the token says, if it is valid at now. Whoever calls it has verified
// the signature. userClaim is the name of the claim that is the user.
func (s *Signed) Claims(now time.Time, userClaim string) (Claims, error) {
	c, err := decodeObject(s.payload)
	if err != nil {
		return Claims{}, err
	}
	expires, err := c.time("exp")
	if err != nil {
		return Claims{}, err
	}
	notBefore, err := c.time("nbf")
	switch {
	case err != nil:
		return Claims{}, err
	case expires.IsZero():
		return Claims{}, ErrNoExpiry
	case !now.Before(expires): // RFC 7519 §4.1.4: on or after
		return Claims{}, ErrExpired
	case now.Before(notBefore): // §4.1.5
		return Claims{}, ErrNotYet
	}
	claims := Claims{Expires: expires}
	var ok bool
	if claims.Audience, ok = c.audience(); !ok || !c.read(userClaim, &claims.User) || !c.read("groups", &claims.Groups) {
		return Claims{}, ErrMalformed
	}
	// Of another type they are somebody else's, and give no right.
	c.read("role", &claims.Role)
	c.read("password", &claims.Password)
	c.read("iss", &claims.Issuer)
	return claims, nil
}

// IsFor reports whether a service that is called audience may accept the token (RFC 7519
// §4.1.3).
func (c *Claims) IsFor(audience string) bool {
	return c.Audience == nil || slices.Contains(c.Audience, audience)
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
