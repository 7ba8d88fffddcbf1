package account

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

const (
	// Iterations is how many a new hash has: a few tenths of a second of a core.
	Iterations = 600_000
	// maxIterations bounds the time that one line of a file can cost.
	maxIterations = 10_000_000

	method          = "pbkdf2-sha256"
	saltSize        = 16
	minSalt         = 8
	maxSalt         = 64
	sumSize         = sha256.Size
	maxPassword     = 1024
	errNotHashWords = "expected " + method + "$ITERATIONS$SALT$HASH"
)

// ErrPassword is a password that no account can have.
var ErrPassword = errors.New("account: expected a password of 1 to 1024 bytes in one line")

// errHash holds nothing of the hash, since it goes to the log.
var errHash = errors.New(errNotHashWords + " in standard base64 without padding, 1 to 10,000,000 iterations, a salt of 8 to 64 bytes and a hash of 32")

var encoding = base64.RawStdEncoding.Strict()

// Hash is a password as the file has it: PBKDF2 (RFC 8018 §5.2) with HMAC-SHA-256.
type Hash struct {
	iterations int
	salt, sum  string // as bytes
}

// NewHash makes the hash of a password, with a salt of its own.
func NewHash(password string, iterations int) (Hash, error) {
	if password == "" || len(password) > maxPassword || strings.ContainsAny(password, "\r\n\x00") {
		return Hash{}, ErrPassword
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	h := Hash{iterations: iterations, salt: string(salt)}
	h.sum = h.derive(password)
	return h, nil
}

func parseHash(text string) (Hash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 4 || parts[0] != method {
		return Hash{}, errHash
	}
	iterations, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil || iterations < 1 || iterations > maxIterations || parts[1][0] == '0' || parts[1][0] == '+' {
		return Hash{}, errHash
	}
	salt, err := encoding.DecodeString(parts[2])
	if err != nil || len(salt) < minSalt || len(salt) > maxSalt {
		return Hash{}, errHash
	}
	sum, err := encoding.DecodeString(parts[3])
	if err != nil || len(sum) != sumSize {
		return Hash{}, errHash
	}
	return Hash{int(iterations), string(salt), string(sum)}, nil
}

// String returns the hash as the file has it.
func (h Hash) String() string {
	return method + "$" + strconv.Itoa(h.iterations) + "$" +
		encoding.EncodeToString([]byte(h.salt)) + "$" + encoding.EncodeToString([]byte(h.sum))
}

// Matches reports whether it is the hash of a password. It takes as long for a wrong one.
func (h Hash) Matches(password string) bool {
	return subtle.ConstantTimeCompare([]byte(h.derive(password)), []byte(h.sum)) == 1
}

func (h Hash) derive(password string) string {
	sum, err := pbkdf2.Key(sha256.New, password, []byte(h.salt), h.iterations, sumSize)
	if err != nil { // in FIPS mode alone, where a salt or a password may be too short
		return ""
	}
	return string(sum)
}
