package account

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"time"
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

// A check is long work that nobody is in a hurry for. After some 15 µs others in the process
// have their turn, and after a millisecond others on the machine.
const (
	turn     = 64   // iterations
	rest     = 4096 // likewise, then restTime
	restTime = time.Millisecond / 2
)

// derive is what crypto/pbkdf2 does for one block of output, but that does not let go of its
// processor: a message that comes meanwhile would wait 10 ms for it.
func (h Hash) derive(password string) string {
	mac := hmac.New(sha256.New, []byte(password))
	mac.Write([]byte(h.salt))
	mac.Write([]byte{0, 0, 0, 1}) // the number of the block
	u := mac.Sum(nil)
	sum := bytes.Clone(u)
	for i := 1; i < h.iterations; i++ {
		mac.Reset()
		mac.Write(u)
		u = mac.Sum(u[:0])
		subtle.XORBytes(sum, sum, u)
		switch {
		case i%rest == 0:
			time.Sleep(restTime)
		case i%turn == 0:
			runtime.Gosched()
		}
	}
	return string(sum)
}
